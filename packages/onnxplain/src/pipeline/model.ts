import { stat } from 'node:fs/promises';
import { fail, OnnxplainError } from '@onnxplain/core';
import { externalData, upTo, write } from '@onnxplain/graph';
import type { ModelRecord } from '@onnxplain/report';
import { type BatchAxisOption, type Model, type OpenOptions, open, type Port } from '@onnxplain/runtime';

export interface OpenedModel {
  readonly model: Model;
  /** The description of the file for the record: that of the file, also where only a part of its graph is run. */
  readonly about: ModelRecord;
}

export interface ModelOptions
  extends Pick<OpenOptions, 'device' | 'threads' | 'spin' | 'batchAxis' | 'shapes' | 'fixed' | 'limits'> {
  /** Name of an output, or of an inner value (such as the logits before a softmax), which then becomes the only output. */
  readonly output?: string;
  /** Folder of the files that the model may keep weights in. Default: the folder of the model. */
  readonly externalData?: string;
}

/** Opens a model file so that `output` is one of its outputs. Throws what `open` throws, and `value-unknown` for the name. */
export async function openModel(path: string, options: ModelOptions = {}): Promise<OpenedModel> {
  const { device, threads, spin, output, batchAxis, shapes, fixed, limits } = options;
  const external = options.externalData === undefined ? undefined : externalData(options.externalData);
  const whole = { device, threads, spin, external, batchAxis, shapes, fixed, limits };
  const model = await open(path, whole).catch((error: unknown) => refuse(path, error, options));
  const about = await aboutModel(model, path);
  if (output === undefined || model.outputs.some(({ name }) => name === output)) return { model, about };
  try {
    const inner = upTo(model.graph, output);
    const axes = axesAmong([...inner.inputs, ...inner.outputs], batchAxis);
    return { model: await open(write(inner), { device, threads, spin, batchAxis: axes }), about };
  } finally {
    await model.close();
  }
}

/** Returns the named axes without those of values that the cut graph does not have. */
function axesAmong(left: readonly Port[], axes: BatchAxisOption | undefined): BatchAxisOption | undefined {
  if (typeof axes !== 'object') return axes;
  return Object.fromEntries(Object.entries(axes).filter(([name]) => left.some((port) => port.name === name)));
}

/** Throws the error again with the path of the model, and with the remedy that commands and `prepare` offer. */
export function refuse(path: string, error: unknown, { externalData: folder }: ModelOptions): never {
  if (!(error instanceof OnnxplainError)) throw error;
  const { code, diagnosis } = error;
  const where = diagnosis.where.includes(path) ? diagnosis.where : `${path}, ${diagnosis.where}`;
  const remedy =
    code === 'file-missing' && where !== path && folder === undefined ? EXTERNAL : diagnosis.remedy;
  return fail({ ...diagnosis, where, remedy }, { cause: error });
}

/** The remedy where the model is there, and a file that has its weights is not. */
const EXTERNAL =
  "Put the model's data file beside the model, or name its folder: --external-data FOLDER, in a program the option externalData.";

async function aboutModel(model: Model, path: string): Promise<ModelRecord> {
  const { sha256, ops, parameters, source } = model;
  const opsets = Object.entries(source.opsets).map(([domain, version]) => [domain || 'ai.onnx', version]);
  const { size: bytes } = await stat(path);
  return { file: path, sha256, bytes, opsets: Object.fromEntries(opsets), ops, parameters };
}
