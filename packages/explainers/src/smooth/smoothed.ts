import {
  type Attribution,
  type Cost,
  type Explainer,
  expectFiniteValues,
  explainEach,
  type Features,
  fail,
  firstNonFinite,
  fold,
  inputRows,
  type Key,
  type Perturbation,
  row,
  type Score,
  sameFeatures,
  sizeOf,
  spans,
  type Tensor,
  withGradients,
} from '@onnxplain/core';
import { addElements, addRows, type ElementMoments, noMoments } from './elementwise.js';

/** What is averaged over which draws. */
export interface SmoothedDraws {
  readonly inner: Explainer;
  readonly perturbation: Perturbation;
  readonly n: number;
  /** The terms of the mean, element by element, from values [...]: the values themselves, or their squares. */
  termOf(values: Tensor): Tensor;
}

export interface SmoothedMoments {
  readonly moments: ElementMoments;
  readonly features?: Features;
  readonly cost: Cost;
}

interface Explained {
  readonly x: Tensor;
  readonly key: Key;
}

/** The moments of the explanations of draws 0 to n - 1. Throws `not-applicable` for features that differ from draw to draw. */
export async function smoothedExplanations(
  draws: SmoothedDraws,
  f: Score,
  explained: Explained,
): Promise<SmoothedMoments> {
  let moments = noMoments(explained.x.shape);
  let cost: Cost = { forward: 0, backward: 0 };
  let features: Features | undefined;
  let seen = false;
  for await (const { attribution, weight } of explainDraws(draws, f, explained)) {
    cost = addCost(cost, attribution.cost);
    if (seen && !sameFeatures(features, attribution.features)) refuseFeatures(draws.inner);
    seen = true;
    features = attribution.features;
    moments = addElements(moments, draws.termOf(attribution.values), weight);
  }
  return { moments, ...(features && { features }), cost };
}

/** The same for an explainer that gives the gradient, whose rows are added as they come. Throws `non-finite` as that explainer does. */
export async function smoothedGradients(
  { inner, perturbation, n, termOf }: SmoothedDraws,
  f: Score,
  { x, key }: Explained,
): Promise<SmoothedMoments> {
  const drawKey = fold(key, 'draws');
  const moments = await withGradients(f, async (gradientOf) => {
    let all = noMoments(x.shape);
    for (const { from, to } of spans(n, sizeOf(x.shape))) {
      const draws = perturbation(x, drawKey, from, to);
      const slopes = await gradientOf(inputRows(x, draws));
      all = addRows(all, termOf(slopes), draws.weights ?? new Float64Array(to - from).fill(1));
      // A mean is finite only where all of its terms are.
      if (firstNonFinite({ shape: x.shape, data: all.mean }) >= 0) refuseNonFinite(inner, slopes);
    }
    return all;
  });
  return { moments, cost: { forward: 0, backward: n } };
}

/** Throws the error of the inner explainer for the first row that is not finite. */
function refuseNonFinite({ expression }: Explainer, slopes: Tensor): void {
  const [, ...shape] = slopes.shape;
  const at = firstNonFinite(slopes);
  if (at >= 0) expectFiniteValues(expression, row(slopes, Math.floor(at / sizeOf(shape))));
}

/** Refuses features such as superpixels, which differ from draw to draw: numbers of different features have no mean. */
function refuseFeatures({ expression }: Explainer): never {
  return fail({
    code: 'not-applicable',
    where: 'smooth(inner)',
    expected: 'an explanation of the same features at every draw',
    got: `${expression}, whose features depend on the input`,
    remedy: 'Give the labels of the elements of one input: features=labels.npy.',
  });
}

/** The explanation of one draw. */
interface ExplainedDraw {
  readonly attribution: Attribution;
  readonly weight: number;
}

/**
 * The explanations of draws 0 to n - 1, in order. The cost of one says how many rows it evaluates: where it is not planned, the first one
 * is explained alone. The others then run together, so many that the number of rows in flight stays bounded, so that a score can join
 * them into large batches.
 */
async function* explainDraws(
  { inner, perturbation, n }: SmoothedDraws,
  f: Score,
  { x, key }: Explained,
): AsyncGenerator<ExplainedDraw> {
  const drawKey = fold(key, 'draws');
  const innerKey = fold(key, 'inner');
  const explain = async (from: number, to: number): Promise<readonly ExplainedDraw[]> => {
    const { inputs, weights } = perturbation(x, drawKey, from, to);
    const keys = Array.from({ length: to - from }, (_, i) => fold(innerKey, from + i));
    const attributions = await explainEach(inner, f, { batch: inputs, keys });
    return attributions.map((attribution, i) => ({ attribution, weight: weights?.[i] ?? 1 }));
  };
  const planned = inner.plannedCost?.(f, x);
  const first = planned === undefined ? await explain(0, 1) : [];
  yield* first;
  const { forward, backward } = planned ?? first[0].attribution.cost;
  for (const { from, to } of spans(n - first.length, sizeOf(x.shape) * Math.max(1, forward + backward))) {
    yield* await explain(first.length + from, first.length + to);
  }
}

function addCost(a: Cost, b: Cost): Cost {
  return { forward: a.forward + b.forward, backward: a.backward + b.backward };
}
