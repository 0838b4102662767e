import { asBatch, fail, type Layout, type Score, type Shape, sizeOf, type Tensor } from '@onnxplain/core';
import type { NamedInput } from '@onnxplain/files';
import type { Link, OutputKind } from '@onnxplain/graph';
import type { FileRecord, InputRecord, PredictionRecord } from '@onnxplain/report';
import {
  type BatchAxisOption,
  expectLink,
  expectTarget,
  type Feeds,
  type Model,
  type OutputMeaning,
  type Prediction,
  predict,
  score,
} from '@onnxplain/runtime';
import { contentOf } from './content.js';
import { feedsOf } from './feeds-of.js';
import { meaningFor } from './meaning.js';
import {
  classAxisFor,
  indicesOf,
  isVector,
  type Place,
  type Taken,
  takenElement,
  takenOf,
  withMask,
} from './place.js';
import { topOf } from './top.js';

/** Options that say which number of the model is explained, of which values; `Query` is the same for one input as JSON. */
export interface QueryOptions {
  /**
   * 'predicted' (default): of each input its own best class, or the largest element of a flattened output, as the model gives it
   * unperturbed; one class or element for all; what is taken along the axes of an output, for all; or one of these per input.
   */
  readonly target?: 'predicted' | number | Place | readonly (number | Place)[];
  /** The numbers in `target` were found by names, so that they are classes: refused where the output has several axes. */
  readonly byName?: boolean;
  /** Weights of sums along axes, see `AxesTarget`, for all inputs; or along a first axis one for each. */
  readonly mask?: Tensor;
  /** The file that the mask was read from. */
  readonly maskFile?: FileRecord;
  /**
   * The axis of classes of an output with several, see `ScoreOptions`; default: what the graph tells, else the axis of
   * as many entries as labels.
   */
  readonly classAxis?: number;
  /** How many classes have names, from class 0 on. */
  readonly labels?: number;
  /**
   * 'logit' (default): the output as it stands; 'probability': the probability of the class, whatever the output holds;
   * 'margin': over the best other class.
   */
  readonly link?: Link;
  /**
   * What the output holds; default: found out, by the graph or by what the model gives on the inputs and on random rows:
   * see `outputMeaning`.
   */
  readonly holds?: OutputKind;
  /** Output to explain; default: the only one of floats. */
  readonly output?: string;
  /** The batch axes that were named when the model was opened; they are part of a run's plan. */
  readonly batchAxis?: BatchAxisOption;
  /** Input to explain, or an inner value; default: the only float input. */
  readonly input?: string;
  /** Values of the model's other inputs, one row each: used for every explained input; or a list with one per input. */
  readonly feeds?: Feeds | readonly Feeds[];
  /** Other inputs whose first axis is the batch axis, though the model has another name for it: see `QuestionOptions`. */
  readonly perRow?: readonly string[];
  /** Least and greatest value of an input element; default: unbounded. */
  readonly bounds?: readonly [low: number, high: number];
  /** What the axes of the explained input are; default: what the graph tells, else the shape by itself. */
  readonly layout?: Layout;
  /** Rows of one run; default: measured. */
  readonly batch?: number;
  /** Checked between two runs; then everything throws `aborted`. */
  readonly signal?: AbortSignal;
  /** Name of a class, for the record. */
  readonly label?: (k: number) => string | undefined;
}

/** One input with its target settled, the score f that is explained there, and what the model says. */
export interface ScoredInput {
  readonly input: NamedInput;
  /** Hash of the input and the feeds that go with it, of which its keys are made: see `contentHash`. */
  readonly content: string;
  /** The class, or the element of the flattened output; absent where sums or maxima are taken. */
  readonly target?: number;
  /** What is taken along each of the output's axes after the batch. */
  readonly at?: Taken['at'];
  /** Where the weights of the sums came from. */
  readonly mask?: FileRecord;
  /** See `InputRecord`, as the next. */
  readonly classAxis?: InputRecord['classAxis'];
  readonly elements?: InputRecord['elements'];
  readonly targetLabel?: string;
  /** Absent for an output of one number. */
  readonly prediction?: PredictionRecord;
  readonly f: Score;
  /** f at the input. */
  readonly value: number;
}

/**
 * Settles target and score of every input. Inputs with the same target and shape share a score object; all share runs.
 * Throws `usage` for a list of targets or feeds of another length, and what `predict` and `score` throw.
 */
export async function scoreInputs(
  model: Model,
  inputs: readonly NamedInput[],
  asked: QueryOptions,
): Promise<readonly ScoredInput[]> {
  const { target = 'predicted', feeds, link = 'logit' } = asked;
  expectOnePerInput({ target, feeds }, inputs.length);
  const meaning = await meaningFor(model, inputs, asked);
  const holds = link === 'probability' ? expectLink(meaning, link) : asked.holds;
  const scores = scoreMaker(model, { ...asked, holds });
  const own = (i: number) => ({
    target: targetFor(target, asked, { i, n: inputs.length }),
    feeds: feedsOf(feeds, i),
  });
  return Promise.all(
    inputs.map((input, i) => scoreInput({ input, ...own(i) }, { model, asked, meaning, scores })),
  );
}

/** What is asked of input i of n, with its mask. */
function targetFor(
  target: NonNullable<QueryOptions['target']>,
  { mask }: QueryOptions,
  place: { i: number; n: number },
): Own['target'] {
  const own = isListed(target) ? target[place.i] : target;
  if (typeof own === 'object') return withMask(own, mask, place);
  if (mask === undefined) return own;
  return fail({
    code: 'usage',
    where: 'target mask',
    expected: 'a target with sums along the axes that the mask lies over, such as 3:sum:sum',
    got: `${own}`,
  });
}

const isListed = (target: NonNullable<QueryOptions['target']>): target is readonly (number | Place)[] =>
  Array.isArray(target);

/** One input, with what is its own of the question. */
interface Own {
  readonly input: NamedInput;
  readonly target: 'predicted' | number | Place;
  readonly feeds: Feeds | undefined;
}

interface Asking {
  readonly model: Model;
  readonly asked: QueryOptions;
  readonly meaning: OutputMeaning;
  readonly scores: ScoreMaker;
}

async function scoreInput({ input, target, feeds }: Own, asking: Asking): Promise<ScoredInput> {
  const { model, asked, meaning, scores } = asking;
  const { output, input: name, perRow } = asked;
  const { shape } = input.tensor;
  const one = asBatch(input.tensor);
  const about = { output, input: name, feeds, perRow, shape };
  const found = await predict(model, about, one);
  const predicted = (place: Place) =>
    predict(model, { ...about, target: { at: place.at, mask: place.mask } }, one);
  const taken = await takenFor(target, { found, predicted, byName: asked.byName === true });
  const named = typeof target === 'object' ? target.named : undefined;
  const classAxis = classAxisFor(found, { asked: asked.classAxis, named, labels: asked.labels });
  expectTarget(taken.target, found.axes);
  const f = await scores({ taken, classAxis, shape, feeds });
  const [value] = await f.value(one);
  const elements = elementsOf(found, meaning);
  return {
    input,
    content: contentOf(input.tensor, feeds),
    target: taken.element,
    at: taken.at,
    mask: taken.mask && asked.maskFile,
    elements,
    classAxis: asked.link === 'logit' || isVector(found.axes) ? undefined : toldAxis(classAxis, found),
    targetLabel: labelOf(taken, { classAxis, axes: found.axes }, asked),
    prediction: predictionOf(found, { elements, holds: meaning.holds, label: asked.label }),
    f,
    value,
  };
}

/** Which axis has the classes, and the node that tells where nobody else does. */
function toldAxis(axis: number | undefined, { classAxis }: Prediction): ScoredInput['classAxis'] {
  if (axis === undefined) return undefined;
  return { axis, told: classAxis?.axis === axis ? classAxis.told : undefined };
}

/** Of one vector of several numbers, unless they are a regression's, or as many as the input has of something. */
function elementsOf({ axes, counted }: Prediction, { holds }: OutputMeaning): 'classes' | 'numbers' {
  return isVector(axes) && sizeOf(axes) > 1 && !counted && holds !== 'unbounded' ? 'classes' : 'numbers';
}

interface Finding {
  /** Of the whole output. */
  readonly found: Prediction;
  /** Of what a place leaves. */
  predicted(place: Place): Promise<Prediction>;
  readonly byName: boolean;
}

/** The target with what is predicted settled. */
async function takenFor(target: Own['target'], { found, predicted, byName }: Finding): Promise<Taken> {
  const { axes, classes } = found;
  if (target === 'predicted') return takenElement(classes[0], axes, false);
  if (typeof target === 'number') return takenElement(target, axes, byName);
  if (!target.at.includes('predicted')) return takenOf(target, axes, []);
  const best = await predicted(target);
  return takenOf(target, axes, indicesOf(best.classes[0], best.axes));
}

/** The name of the class that the target is on the axis of classes, or of the element of a vector. */
function labelOf(
  { at, element }: Taken,
  { classAxis, axes }: { classAxis: number | undefined; axes: Shape },
  { label }: QueryOptions,
): string | undefined {
  if (element !== undefined && isVector(axes)) return label?.(element);
  const k = classAxis === undefined ? undefined : at[classAxis];
  return typeof k === 'number' ? label?.(k) : undefined;
}

function expectOnePerInput(lists: Pick<QueryOptions, 'target' | 'feeds'>, inputs: number): void {
  for (const [where, list] of Object.entries(lists)) {
    if (!Array.isArray(list) || list.length === inputs) continue;
    const one = where === 'target' ? 'one for all inputs' : 'the same for all inputs';
    fail({ code: 'usage', where, expected: `${one}, or ${inputs}, one per input`, got: `${list.length}` });
  }
}

interface Sharing {
  readonly taken: Taken;
  readonly classAxis: number | undefined;
  readonly shape: Shape;
  readonly feeds: Feeds | undefined;
}

type ScoreMaker = (sharing: Sharing) => Promise<Score>;

/** Scores of a model, one for each target, shape and feeds. */
function scoreMaker(model: Model, asked: QueryOptions): ScoreMaker {
  const { output, input, perRow, link, holds, bounds, layout, batch, signal } = asked;
  const made = new Map<Feeds | undefined, Map<string, Promise<Score>>>();
  return ({ taken: { at, mask, target }, classAxis, shape, feeds }) => {
    const alike = made.get(feeds) ?? new Map<string, Promise<Score>>();
    made.set(feeds, alike);
    const id = JSON.stringify([at, typeof target, mask && contentOf(mask, undefined), classAxis, shape]);
    const known =
      alike.get(id) ??
      score(model, {
        target,
        classAxis,
        shape,
        output,
        input,
        feeds,
        perRow,
        link,
        holds,
        bounds,
        layout,
        batch,
        signal,
      });
    alike.set(id, known);
    return known;
  };
}

interface Answer {
  readonly elements: ScoredInput['elements'];
  readonly holds: OutputMeaning['holds'];
  readonly label: QueryOptions['label'];
}

/** Undefined for an output of one number. */
function predictionOf(
  { scores, classes: [best], axes }: Prediction,
  { elements, holds, label }: Answer,
): PredictionRecord | undefined {
  if (sizeOf(scores.shape) === 1) return undefined;
  const at = indicesOf(best, axes);
  const found = { class: best, output: scores.data[best], at };
  if (elements === 'numbers') return isVector(axes) ? { ...found, label: label?.(best) } : found;
  return { ...found, label: label?.(best), ...topOf(scores.data, { holds, label }) };
}
