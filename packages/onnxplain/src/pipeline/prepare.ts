import { type Diagnosis, fail, toFloat32, toFloat64 } from '@onnxplain/core';
import { cut, infer } from '@onnxplain/graph';
import type { ModelRecord } from '@onnxplain/report';
import { isFloatPort, type Model, type Port } from '@onnxplain/runtime';
import { type LoadedCard, readCard } from '../files/card.js';
import { type FurtherInputs, fedName, type LoadedFeeds, loadFeeds } from '../files/feeds.js';
import type { Preprocessing } from '../files/image.js';
import { type LoadedInputs, loadInputs, type NamedInput } from '../files/load.js';
import { type PictureFields, pixelBounds, preprocessingFor } from '../files/preprocessing.js';
import { doubtsOf } from './doubts.js';
import type { Drawing } from './draw.js';
import { type ModelOptions, openModel } from './model.js';
import type { Asked } from './question.js';
import { type SettledTarget, settleTarget, type TargetOption } from './target.js';

/** What is asked of which files; the rest comes from the model's card, MODEL.card.json, and from the model. */
export interface PrepareOptions
  extends ModelOptions,
    Omit<Asked, 'input' | 'label' | 'feeds' | 'target'>,
    PictureFields {
  /** Default 'predicted': of each input its own best class. Names are those of the card's labels, as on the command line. */
  readonly target?: TargetOption;
  /** Files and folders, see `loadInputs`. */
  readonly inputs: readonly string[];
  /** Input to explain, or an inner value, which the files then hold; default: the card's, or the only float input. */
  readonly wrt?: string;
  /** Values of the model's further inputs, NAME=FILE.npy or NAME=NUMBER, see `loadFeeds`. */
  readonly feed?: readonly string[];
}

/** Model, inputs and question, ready to run. Close the model. */
export interface Prepared {
  readonly model: Model;
  readonly about: ModelRecord;
  readonly loaded: LoadedInputs;
  readonly asked: Asked;
  /** Where the values in `asked.feeds` came from. */
  readonly fed: LoadedFeeds['record'];
  readonly drawing: Drawing;
  /** How pictures became inputs; undefined where no input was one. */
  readonly preprocessing: Preprocessing | undefined;
  /** What is seldom meant as it was asked, a sentence each, for people. */
  readonly doubts: readonly string[];
}

/**
 * Opens a model with its card, then reads the inputs as the model needs them. Options go before the card's fields.
 * Throws what `readCard`, `settleTarget`, `openModel`, `loadInputs` and `loadFeeds` throw.
 */
export async function prepare(path: string, options: PrepareOptions): Promise<Prepared> {
  const card = readCard(path);
  const settled = settleTarget(options.target, card.classes);
  const { model, about } = await openModel(path, { ...options, output: options.output ?? card.output });
  try {
    return { model, about, ...(await readFor(model, options, { card, settled })) };
  } catch (error) {
    await model.close();
    throw error;
  }
}

/** What the card says, and which classes are asked for by its names. */
interface Known {
  readonly card: LoadedCard;
  readonly settled: SettledTarget;
}

/** The inputs as the opened model needs them, and what is asked about them. */
async function readFor(
  model: Model,
  options: PrepareOptions,
  { card, settled }: Known,
): Promise<Omit<Prepared, 'model' | 'about'>> {
  const fed = options.feed ?? [];
  const port = explainedInput(model, options.wrt ?? card.input, fed.map(fedName));
  const fields = pictureFields(options, card);
  const pictures = port.dims && preprocessingFor(port.dims.slice(1), fields);
  const loaded = await loadRows(port, options.inputs, { pictures, features: card.features });
  const photos = loaded.inputs.some(({ picture }) => picture !== undefined);
  const preprocessing = photos ? pictures : undefined;
  const { feeds, record } = await loadFeeds(fed, furtherInputs(model, port, loaded.inputs));
  const { target, doubts } = settled;
  const asked = askedOf(options, card, { target, feeds, outputs: model.outputs, pictures: preprocessing });
  return {
    loaded,
    asked,
    fed: record,
    preprocessing,
    doubts: [...doubts, ...doubtsOf({ model, asked, pictures: photos ? fields : undefined })],
    drawing: drawingOf(pictures),
  };
}

interface Reading extends Pick<LoadedCard, 'features'> {
  readonly pictures: Preprocessing | undefined;
}

/** The files' rows in the type of the input. */
async function loadRows(port: Port, paths: readonly string[], reading: Reading): Promise<LoadedInputs> {
  const { pictures, features } = reading;
  const loaded = await loadInputs(paths, { dims: port.dims?.slice(1), pictures });
  const inputs = loaded.inputs.map((each) => ({
    ...each,
    features: each.features ?? features,
    // Draws are made in the type of x: the numbers that the model will see.
    tensor: port.dtype === 'float64' ? toFloat64(each.tensor) : toFloat32(each.tensor),
  }));
  return { ...loaded, inputs };
}

interface Settled extends Pick<Asked, 'feeds' | 'target'> {
  readonly outputs: readonly Port[];
  readonly pictures: Preprocessing | undefined;
}

/** Options go before the card's fields, and both before what the model says. */
function askedOf(
  options: PrepareOptions,
  card: LoadedCard,
  { target, feeds, outputs, pictures }: Settled,
): Asked {
  const { batch, signal } = options;
  return {
    target,
    link: options.link ?? card.link ?? 'logit',
    output: options.output ?? card.output ?? onlyFloat(outputs),
    input: options.wrt ?? card.input,
    feeds,
    bounds: options.bounds ?? card.bounds ?? (pictures && pixelBounds(pictures)),
    batch,
    signal,
    label: card.label,
  };
}

const drawingOf = (pictures: Preprocessing | undefined): Drawing => ({
  channels: pictures && (pictures.layout === 'nhwc' ? 'last' : 'first'),
  order: pictures?.channels === 'bgr' ? 'bgr' : 'rgb',
});

/** The fields of the options, over those of the card. */
function pictureFields(options: PrepareOptions, card: LoadedCard): PictureFields {
  return {
    size: options.size ?? card.size,
    resize: options.resize ?? card.resize,
    layout: options.layout ?? card.layout,
    channels: options.channels ?? card.channels,
    scale: options.scale ?? card.scale,
    mean: options.mean ?? card.mean,
    std: options.std ?? card.std,
  };
}

/** The only float output's name; undefined leaves the refusal, with its list of outputs, to the score. */
function onlyFloat(ports: readonly Port[]): string | undefined {
  const floats = ports.filter(isFloatPort);
  return floats.length === 1 ? floats[0].name : undefined;
}

/** The input to explain, which may be an inner value: the one named, or the only one of floats that gets no value otherwise. */
function explainedInput(model: Model, name: string | undefined, fed: readonly string[]): Port {
  if (name !== undefined) {
    const found = model.inputs.find((port) => port.name === name) ?? infer(model.graph).get(name);
    if (found !== undefined) return { ...found, name };
    return refuseInput(model, { code: 'value-unknown', got: `"${name}"` });
  }
  const floats = model.inputs.filter((port) => isFloatPort(port) && !fed.includes(port.name));
  if (floats.length === 1) return floats[0];
  return refuseInput(model, {
    code: 'option-value',
    got: `${floats.length} inputs of floating point numbers without a --feed`,
  });
}

function refuseInput(model: Model, { code, got }: Pick<Diagnosis, 'code' | 'got'>): never {
  return fail({
    code,
    where: 'input to explain',
    expected: `one of ${model.inputs.map((port) => `"${port.name}" (${port.dtype})`).join(', ')}, or an inner value`,
    got,
    remedy:
      'Name the input, or an inner value such as an embedding, by --wrt or as "input" in the model card, or give the others: --feed NAME=FILE.npy. onnxplain inspect MODEL --values names the inner values.',
  });
}

/** All other inputs that are needed, and the sizes that the explained one settles for them. */
function furtherInputs(
  model: Model,
  { name, dims = [] }: Port,
  inputs: readonly NamedInput[],
): FurtherInputs {
  const isInput = model.inputs.some((port) => port.name === name);
  const ports = isInput ? model.inputs : cut(model.graph, name).inputs;
  const [batch = 'N', ...row] = dims;
  const sizes = row.flatMap((dim, axis) => {
    const found = new Set(inputs.map(({ tensor }) => tensor.shape[axis]));
    return typeof dim === 'string' && found.size === 1 ? [[dim, inputs[0].tensor.shape[axis]] as const] : [];
  });
  return { ports: ports.filter((port) => port.name !== name), batch, sizes: new Map(sizes) };
}
