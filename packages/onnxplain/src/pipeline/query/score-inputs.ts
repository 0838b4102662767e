import { asBatch, type Score, type Shape, sizeOf } from '@onnxplain/core';
import type { Query } from '@onnxplain/experiment';
import type { NamedInput } from '@onnxplain/files';
import type { OutputKind } from '@onnxplain/graph';
import type { FileRecord, InputRecord, PredictionRecord } from '@onnxplain/report';
import {
  expectLink,
  expectTarget,
  type OutputMeaning,
  type Prediction,
  predict,
  score,
} from '@onnxplain/runtime';
import { makeRules } from '../../expression/registry.js';
import { feedsOf, type QueryArrays, type TargetMask } from './arrays.js';
import { contentOf } from './content.js';
import type { ClassLabels, QueriedInputs } from './query.js';
import {
  classAxisFor,
  indicesOf,
  isVector,
  type SettledEntries,
  settleElement,
  settleEntries,
} from './target-entries.js';
import { topOf } from './top-classes.js';

/** An input, and what the model says of it: plain data. */
export interface ScoredInput extends NamedInput {
  /** Hash of the input and of the feeds that go with it, of which its keys are made: see `contentHash`. */
  readonly content: string;
  /** The class, or the element of the flattened output; absent where sums or maxima are taken. */
  readonly target?: number;
  /** What is taken along each of the output's axes after the batch. */
  readonly at?: SettledEntries['at'];
  /** The file of the weights of the sums. */
  readonly mask?: FileRecord;
  /** See `InputRecord`. */
  readonly classAxis?: InputRecord['classAxis'];
  readonly elements?: InputRecord['elements'];
  readonly targetLabel?: string;
  /** Absent for an output of one number. */
  readonly prediction?: PredictionRecord;
  /** f at the input. */
  readonly value: number;
}

/** An input with the score that is explained there. */
export interface InputScore {
  readonly input: ScoredInput;
  readonly f: Score;
}

export interface ScoreRunOptions {
  /** Rows of one run; default: measured. */
  readonly batch?: number;
  /** Checked between two runs; then every call throws `aborted`. */
  readonly signal?: AbortSignal;
}

/**
 * Makes the score f of input i (default: the first) by its query, and evaluates the model there. Throws what `predict` and `score` throw,
 * and `usage` for a class by name where the output has several axes.
 */
export function scoreOf(queried: QueriedInputs, i = 0, options: ScoreRunOptions = {}): Promise<InputScore> {
  return scoreInput({ queried, scores: sharedScores(queried, options) }, i);
}

/**
 * Makes the scores of all inputs, as {@link scoreOf} does: `gradient()(f, input.tensor, key(0))` explains one. Inputs with the same
 * target and shape share a score object; all share runs.
 */
export function scoresOf(
  queried: QueriedInputs,
  options: ScoreRunOptions = {},
): Promise<readonly InputScore[]> {
  const scores = sharedScores(queried, options);
  return Promise.all(queried.inputs.map((_, i) => scoreInput({ queried, scores }, i)));
}

interface Scoring {
  readonly queried: QueriedInputs;
  readonly scores: SharedScores;
}

async function scoreInput({ queried, scores }: Scoring, i: number): Promise<InputScore> {
  const { meaning, labels, arrays } = queried;
  const [input, query] = [queried.inputs[i], queried.queries[i]];
  const { output, entries } = await predictTarget(queried, i);
  const namedAxis = typeof query.target === 'object' ? query.target.namedAxis : undefined;
  const classAxis = classAxisFor(output, { ...query, namedAxis });
  expectTarget(entries.target, output.axes);
  const f = await scores({ query, entries, classAxis, shape: input.tensor.shape });
  const [value] = await f.value(asBatch(input.tensor));
  const elements = elementsOf(output, meaning);
  const scored: ScoredInput = {
    ...input,
    content: contentOf(input.tensor, feedsOf(query, arrays)),
    target: entries.element,
    at: entries.at,
    mask: entries.mask && maskOf(query, arrays)?.file,
    elements,
    classAxis: query.link === 'logit' || isVector(output.axes) ? undefined : toldAxis(classAxis, output),
    targetLabel: labelOf(entries, { classAxis, axes: output.axes }, labels),
    prediction: predictionOf(output, { elements, holds: meaning.holds, labels }),
    value,
  };
  return { input: scored, f };
}

interface PredictedTarget {
  /** The model's output at the input. */
  readonly output: Prediction;
  /** The target, with the entries 'predicted' filled in. */
  readonly entries: SettledEntries;
}

/** Runs the model on input i and settles the target there. */
async function predictTarget(
  { model, inputs, queries, arrays }: QueriedInputs,
  i: number,
): Promise<PredictedTarget> {
  const query = queries[i];
  const { shape } = inputs[i].tensor;
  const one = asBatch(inputs[i].tensor);
  const options = { ...portsOf(query), feeds: feedsOf(query, arrays), shape };
  const output = await predict(model, options, one);
  const { axes, classes } = output;
  const { target, byName = false } = query;
  if (target === 'predicted') return { output, entries: settleElement(classes[0], axes, false) };
  if (typeof target === 'number') return { output, entries: settleElement(target, axes, byName) };
  const weighted = { at: target.at, mask: maskOf(query, arrays)?.weights };
  if (!target.at.includes('predicted')) return { output, entries: settleEntries(weighted, axes, []) };
  const best = await predict(model, { ...options, target: weighted }, one);
  return { output, entries: settleEntries(weighted, axes, indicesOf(best.classes[0], best.axes)) };
}

/** The fields of a query that `predict` and `score` take under the same names. */
const portsOf = ({ output, input, batchedFeeds }: Query) => ({ output, input, batchedFeeds });

function maskOf({ target }: Query, { masks }: QueryArrays): TargetMask | undefined {
  return typeof target === 'object' && target.mask !== undefined ? masks.get(target.mask) : undefined;
}

/** Returns the axis of classes, and the node that determines it where the graph does. */
function toldAxis(axis: number | undefined, { classAxis }: Prediction): ScoredInput['classAxis'] {
  if (axis === undefined) return undefined;
  return { axis, told: classAxis?.axis === axis ? classAxis.told : undefined };
}

/** Returns 'classes' for a vector of several numbers, unless a regression computes them or their count depends on the input. */
function elementsOf({ axes, counted }: Prediction, { holds }: OutputMeaning): 'classes' | 'numbers' {
  return isVector(axes) && sizeOf(axes) > 1 && !counted && holds !== 'unbounded' ? 'classes' : 'numbers';
}

/** The name of the target's class on the axis of classes, or of its element of a vector. */
function labelOf(
  { at, element }: SettledEntries,
  { classAxis, axes }: { classAxis: number | undefined; axes: Shape },
  labels: ClassLabels,
): string | undefined {
  if (element !== undefined && isVector(axes)) return labels.get(element);
  const k = classAxis === undefined ? undefined : at[classAxis];
  return typeof k === 'number' ? labels.get(k) : undefined;
}

interface ScoreRequest {
  readonly query: Query;
  readonly entries: SettledEntries;
  readonly classAxis: number | undefined;
  readonly shape: Shape;
}

type SharedScores = (request: ScoreRequest) => Promise<Score>;

/** Returns a function that makes scores, one for each target, shape and feeds. */
function sharedScores(
  { model, arrays, meaning }: QueriedInputs,
  { batch, signal }: ScoreRunOptions,
): SharedScores {
  const made = new Map<string, Promise<Score>>();
  return async ({ query, entries: { at, target }, classAxis, shape }) => {
    const { link, bounds, features } = query;
    const holds = link === 'probability' ? expectLink(meaning, link) : (query.holds ?? seenOfOne(meaning));
    const id = JSON.stringify([query, at, typeof target, classAxis, shape]);
    const known =
      made.get(id) ??
      score(model, {
        ...portsOf(query),
        batch,
        signal,
        target,
        classAxis,
        shape,
        feeds: feedsOf(query, arrays),
        link,
        holds,
        rules: query.rules === undefined ? undefined : makeRules(query.rules),
        bounds,
        layout: features === 'elements' ? undefined : features,
      });
    made.set(id, known);
    return known;
  };
}

/** What the one number of an output was seen to hold, on which its margin depends; undefined for other outputs. */
const seenOfOne = ({ classes, holds }: OutputMeaning): OutputKind | undefined =>
  classes === 1 && holds !== 'unbounded' && holds !== 'unknown' ? holds : undefined;

interface PredictionOptions {
  readonly elements: ScoredInput['elements'];
  readonly holds: OutputMeaning['holds'];
  readonly labels: ClassLabels;
}

/** The model's prediction as the record has it; undefined for an output of one number. */
function predictionOf(
  { scores, classes: [best], axes }: Prediction,
  { elements, holds, labels }: PredictionOptions,
): PredictionRecord | undefined {
  if (sizeOf(scores.shape) === 1) return undefined;
  const found = { class: best, output: scores.data[best], at: indicesOf(best, axes) };
  if (elements === 'numbers') return isVector(axes) ? { ...found, label: labels.get(best) } : found;
  return { ...found, label: labels.get(best), ...topOf(scores.data, { holds, labels }) };
}
