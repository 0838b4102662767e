import { fail } from '@onnxplain/core';
import { infer } from '@onnxplain/graph';
import type { ModelRecord } from '@onnxplain/report';
import type { Model, Port } from '@onnxplain/runtime';
import { type LoadedCard, readCard } from '../files/card.js';
import { type LoadedInputs, loadInputs } from '../files/load.js';
import { type Dim, pixelBounds, preprocessingFor } from '../files/preprocessing.js';
import type { Drawing } from '../pipeline/draw.js';
import { openModel } from '../pipeline/model.js';
import type { Asked } from '../pipeline/question.js';
import { pictureFields, type QuestionFlags } from './flags.js';

/** Model, inputs and question of a command, ready to run. Close the model. */
export interface Prepared {
  readonly model: Model;
  readonly about: ModelRecord;
  readonly card: LoadedCard;
  readonly loaded: LoadedInputs;
  readonly asked: Asked;
  readonly drawing: Drawing;
}

/** Opens the model with its card, then reads the inputs as the model needs them. */
export async function prepare(path: string, flags: QuestionFlags, signal?: AbortSignal): Promise<Prepared> {
  const { device, threads, externalData } = flags;
  const card = readCard(path);
  const output = flags.output ?? card.output;
  const { model, about } = await openModel(path, { device, threads, externalData, output });
  try {
    const dims = dimsOf(model, card.input);
    const pictures = dims && preprocessingFor(dims, pictureFields(flags, card));
    const loaded = await loadInputs(flags.input, { dims, pictures });
    const photos = loaded.inputs.every(({ picture }) => picture !== undefined);
    const bounds = flags.bounds ?? card.bounds ?? (photos && pictures ? pixelBounds(pictures) : undefined);
    const { target, batch, link = card.link ?? 'logit' } = flags;
    const { input, label } = card;
    return {
      model,
      about,
      card,
      loaded: { ...loaded, inputs: loaded.inputs.map((each) => ({ features: card.features, ...each })) },
      asked: {
        target,
        link,
        output: output ?? onlyFloat(model.outputs),
        input,
        bounds,
        batch,
        signal,
        label,
      },
      drawing: {
        channels: pictures && (pictures.layout === 'nhwc' ? 'last' : 'first'),
        order: pictures?.channels === 'bgr' ? 'bgr' : 'rgb',
      },
    };
  } catch (error) {
    await model.close();
    throw error;
  }
}

const isFloat = ({ dtype }: Port): boolean => /^float/.test(dtype);

/** The only float output's name; undefined leaves the refusal, with its list of outputs, to the score. */
function onlyFloat(ports: readonly Port[]): string | undefined {
  const floats = ports.filter(isFloat);
  return floats.length === 1 ? floats[0].name : undefined;
}

/** Dims of one row of the input to explain; undefined when the model does not tell. */
function dimsOf(model: Model, name: string | undefined): readonly Dim[] | undefined {
  const floats = model.inputs.filter(isFloat);
  if (name !== undefined) {
    const type = model.inputs.find((port) => port.name === name) ?? infer(model.graph).get(name);
    return type?.dims?.slice(1);
  }
  if (floats.length === 1) return floats[0].dims?.slice(1);
  return fail({
    code: 'option-value',
    where: 'input of the model',
    expected: 'one input of floating point numbers',
    got: model.inputs.map((port) => `"${port.name}" (${port.dtype})`).join(', '),
    remedy: 'Name the one to explain, or an inner value such as an embedding, as "input" in the model card.',
  });
}
