import { type Attribution, type Explainer, fail, fold, type Key, key, type Metric } from '@onnxplain/core';
import { type Cell, type CellStore, cellName } from '@onnxplain/experiment';
import type { InputScore } from '../query/score-inputs.js';
import { type Measurement, measureInput } from './measure-input.js';
import { missingBy, type Outcome } from './outcome.js';

/** What the cells of a run are computed from. */
export interface CellContext {
  readonly scores: readonly InputScore[];
  readonly explainers: readonly Explainer[];
  readonly metrics: readonly Metric[];
  readonly seed: number;
  /** The results of finished cells. */
  readonly store: CellStore;
}

export type ExplainCell = Extract<Cell, { stage: 'explain' }>;
export type MeasureCell = Extract<Cell, { stage: 'measure' }>;

/** The results of cells by their fields, as they are appended to a store. */
export interface ExplainFields {
  readonly attribution: Outcome<Attribution>;
}
export interface MeasureFields {
  readonly measurement: Measurement;
}

/**
 * Explains one input by one explainer. The key is fold(fold(key(seed), 'explain'), content), with the hash of the input's content. A
 * failure is an outcome; throws `aborted` and `closed`.
 */
export async function explainCell(
  { scores, explainers, seed }: CellContext,
  { input: i, explainer }: ExplainCell,
): Promise<Outcome<Attribution>> {
  const { f, input } = scores[i];
  try {
    expectFiniteScore(input);
    return {
      status: 'done',
      value: await explainers[explainer](f, input.tensor, explainKey(seed, input.content)),
    };
  } catch (error) {
    return missingBy(error);
  }
}

const explainKey = (seed: number, content: string): Key => fold(fold(key(seed), 'explain'), content);

/** Throws where f(x) is not finite: there is nothing to explain, even if the gradient is finite. */
function expectFiniteScore({ name, value }: InputScore['input']): void {
  if (Number.isFinite(value)) return;
  fail({
    code: 'non-finite',
    where: `f at "${name}"`,
    expected: 'a finite number',
    got: `${value}`,
    remedy: 'Look at the input: the model divides by 0, takes the logarithm of 0, or overflows there.',
  });
}

/**
 * Measures the attributions of one input under one metric. The key is fold(fold(key(seed), 'metric'), content), shared by all explainers
 * and metrics, so that differences are paired. Throws `aborted` and `closed`.
 */
export async function measureCell(
  context: CellContext,
  { input, metric }: MeasureCell,
): Promise<Measurement> {
  const { scores, explainers, metrics, seed } = context;
  const score = scores[input];
  return measureInput({
    score,
    attributions: await attributionsIn(context, input),
    explainers,
    metric: metrics[metric],
    key: fold(fold(key(seed), 'metric'), score.input.content),
  });
}

/** Reads the outcomes of all explainers at one input. */
export function attributionsIn(
  { store, explainers }: CellContext,
  input: number,
): Promise<readonly Outcome<Attribution>[]> {
  return Promise.all(
    explainers.map((_, explainer) =>
      readField<ExplainFields, 'attribution'>(store, { stage: 'explain', input, explainer }, 'attribution'),
    ),
  );
}

/** Reads all measurements, [input][metric]. */
export function measurementsIn({
  store,
  scores,
  metrics,
}: CellContext): Promise<readonly (readonly Measurement[])[]> {
  const read = (input: number, metric: number) =>
    readField<MeasureFields, 'measurement'>(store, { stage: 'measure', input, metric }, 'measurement');
  return Promise.all(scores.map((_, i) => Promise.all(metrics.map((_, m) => read(i, m)))));
}

/** Reads one field of a finished cell. Its type is known, because only this program appends to a store. */
export async function readField<R, F extends keyof R & string>(
  store: CellStore,
  cell: Cell,
  field: F,
): Promise<R[F]> {
  return (await store.read(cellName(cell), field)) as R[F];
}
