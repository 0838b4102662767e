import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { counted, fail } from '@onnxplain/core';
import { expectOtherFile, expectWritable, writeWhole } from '@onnxplain/files';
import {
  type Graph,
  grad as gradOf,
  type LoweringTarget,
  lower,
  weightBytes,
  writeChunks,
  writeExternal,
} from '@onnxplain/graph';
import { formatBytes } from '@onnxplain/report';
import { isFloatPort, type Model, type Port } from '@onnxplain/runtime';
import { make } from '../expression/registry.js';
import { openModel, refuse } from '../pipeline/model.js';
import { flatnessFor, flatText } from '../pipeline/notices/explainers.js';
import { mixedGradient } from '../pipeline/notices/rows.js';
import { onlySource } from '../pipeline/read/gradient-sources.js';
import { endingOf, type ModelFlags } from './flags.js';
import { fileOptions } from './model-flags.js';
import type { Notices } from './streams.js';

export interface GradFlags extends ModelFlags {
  readonly out: string;
  readonly of?: string;
  readonly wrt?: readonly string[];
  /** Expression of the backward rules. */
  readonly rules: string;
  /** The runtime whose kernels the file is written for. */
  readonly for: LoweringTarget;
  /** Most bytes of weights that the model file itself holds. */
  readonly externalAbove: number;
}

/** The result of `grad`: the files that it wrote. */
export interface WrittenGradient {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  /** The second file, which holds the weights where they exceed `externalAbove`. */
  readonly data?: { readonly file: string; readonly bytes: number };
  readonly nodes: number;
  readonly rules: string;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** The notices of the command: see docs/notices.md. */
  readonly notices: readonly string[];
}

/** Writes the model's gradient as an ONNX model. */
export async function grad(
  path: string,
  flags: GradFlags,
  { notice }: Pick<Notices, 'notice'>,
): Promise<WrittenGradient> {
  endingOf(flags.out, ['.onnx']);
  const { rules, expression } = make(flags.rules, 'rules');
  await expectOtherFile(flags.out, [['the model', path]]);
  await expectWritable(dirname(flags.out));
  const { model, about } = await openModel(path, { ...flags, ...fileOptions(flags), output: flags.of });
  try {
    const of = flags.of ?? onlyFloat(model.outputs);
    const wrt = flags.wrt ?? [onlySource(model)];
    const made = gradientOf(path, () => lower(gradOf(model.graph, { of, wrt, rules }), flags.for), flags);
    const graph = { ...made, metadata: { ...made.metadata, 'onnxplain.source.sha256': about.sha256 } };
    const { inputs, outputs, nodes } = graph;
    const notices = [
      ...chosenNotices(model, flags.wrt === undefined ? wrt : []),
      ...zeroGradients(model, { of, wrt }),
      ...mixedGradients(model, { of, wrt }),
    ];
    notices.forEach(notice);
    return {
      ...(await save(graph, flags)),
      nodes: nodes.length,
      rules: expression,
      inputs,
      outputs,
      notices,
    };
  } finally {
    await model.close();
  }
}

/** Makes the gradient. Errors name the file, too. */
function gradientOf(path: string, make: () => Graph, flags: ModelFlags): Graph {
  try {
    return make();
  } catch (error) {
    return refuse(path, error, flags);
  }
}

/** Returns the name of the only float output. Undefined where there are several, which the gradient refuses by name. */
function onlyFloat(outputs: readonly Port[]): string | undefined {
  const floats = outputs.filter(isFloatPort);
  return floats.length === 1 ? floats[0].name : undefined;
}

/** What is differentiated, by what. */
interface Ends {
  readonly of: string | undefined;
  readonly wrt: readonly string[];
}

/** Says that the gradient is by an embedding that the caller did not name. */
function chosenNotices(model: Model, chosen: readonly string[]): readonly string[] {
  const inner = chosen.filter((name) => model.inputs.every((port) => port.name !== name));
  return inner.map((name) => `the gradient is by "${name}", the only embedding; --wrt names another value`);
}

/** Warns of gradients that are 0 everywhere, for the output and the inputs that were named or are the only ones. */
function zeroGradients(model: Model, { of, wrt }: Ends): readonly string[] {
  const output = of ?? model.outputs[0].name;
  return wrt.flatMap((input) => {
    const flatness = flatnessFor({ model, query: { output, input } });
    return flatness === undefined ? [] : [flatText(flatness, { output, input })];
  });
}

/** Warns of gradients of rows that are not independent. Inner values are not checked: their batch axes are not known. */
function mixedGradients(model: Model, { of, wrt }: Ends): readonly string[] {
  const output = of ?? model.outputs[0].name;
  const inputs = model.inputs.filter((port) => isFloatPort(port) && wrt.includes(port.name));
  return inputs.flatMap(({ name }) => mixedGradient(model, { output, input: name }) ?? []);
}

/** Writes a graph, with large weights in a second file. The model file is written last, so that its weights always exist. */
async function save(graph: Graph, { out, externalAbove }: GradFlags): Promise<WrittenFiles> {
  if (weightBytes(graph) <= externalAbove) return saveModel(out, writeChunks(graph));
  const file = `${out}.data`;
  expectOwnData(out, file);
  const { model, data } = writeExternal(graph, { location: basename(file) });
  await writeWhole(file, data);
  return { ...(await saveModel(out, [model])), data: { file, bytes: data.length } };
}

/** Throws `usage` for a data file that is not that of the output: weights of another model may be in it. */
function expectOwnData(out: string, data: string): void {
  if (!existsSync(data)) return;
  const others = readdirSync(dirname(out))
    .filter((file) => file.endsWith('.onnx') && file !== basename(out))
    .map((file) => join(dirname(out), file));
  const user = existsSync(out) ? others.find(namesFile(basename(data))) : 'a model that is not there';
  if (user === undefined) return;
  fail({
    code: 'usage',
    where: '-o',
    expected: `an output whose data file, ${data}, is new or its own`,
    got: `a data file of ${user}`,
    remedy: 'Give another name with -o, or remove the data file.',
  });
}

/** Whether a model file has a name in it. Files of more than a gigabyte hold their weights themselves. */
const namesFile = (name: string) => (model: string) =>
  statSync(model).size < 2 ** 30 && readFileSync(model).includes(name);

type WrittenFiles = Pick<WrittenGradient, 'file' | 'sha256' | 'bytes' | 'data'>;

async function saveModel(file: string, chunks: Iterable<Uint8Array>): Promise<WrittenFiles> {
  const hash = createHash('sha256');
  let bytes = 0;
  function* counted(): Generator<Uint8Array> {
    for (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  await writeWhole(file, counted());
  return { file, sha256: hash.digest('hex'), bytes };
}

/** Formats the result as one line. */
export function showGradient({ file, bytes, data, nodes, inputs, outputs }: WrittenGradient): string {
  const names = (ports: readonly Port[]) => ports.map(({ name }) => name).join(', ');
  const weights = data === undefined ? '' : ` (weights in ${data.file}, ${formatBytes(data.bytes)})`;
  return `${file}: ${formatBytes(bytes)}${weights}, ${counted(nodes, 'node')}, (${names(inputs)}) -> (${names(outputs)})\n`;
}
