import {
  asBatch,
  type Draws,
  differenceRows,
  type Explainer,
  fail,
  fold,
  type Key,
  type Perturbation,
  perturbationOf,
  row,
  type Score,
  type Tensor,
} from '@onnxplain/core';

/** What the theorem is about: an explanation of f at x, averaged over a kernel, and perturbations. */
export interface SmoothedInfidelityOptions {
  readonly f: Score;
  readonly x: Tensor;
  readonly explain: Explainer;
  /** Draws the points z that the explanation is averaged over. */
  readonly kernel: Perturbation;
  readonly points: number;
  /** Draws I, which is taken away from x and from every z. */
  readonly perturbation: Perturbation;
  readonly draws: number;
}

/** Both sides of [Y19] Theorem 4.2 at one input, and its constants. */
export interface SmoothedInfidelity {
  /** Left side: the infidelity of the averaged explanation at x. */
  readonly smoothed: number;
  /** The mean over z of the infidelity of the explanation at z. */
  readonly averaged: number;
  /** How much of the mean infidelity is left when errors are averaged over z before they are squared; at most 1. */
  readonly c1: number;
  /** How much of the left side comes from f changing otherwise at z than at x. */
  readonly c2: number;
  /** Right side, c1 / (1 - 2√c2) times `averaged`; Infinity where c2 is 1/4 or more, so that the theorem says nothing. */
  readonly bound: number;
}

/**
 * Both sides of [Y19] Theorem 4.2: smoothing an explanation makes its infidelity at most C1 / (1 - 2√C2) times the mean infidelity
 * around x. With e(z, I) = I·Φ(z) - (f(z) - f(z - I)), s(I) the mean over z of (f(z) - f(z - I)) - (f(x) - f(x - I)), and E over I,
 *
 * - C1 = E[(mean over z of e)²] / (mean over z of E[e²]),
 * - C2 = E[s²] / (infidelity of the mean of Φ(z) at x).
 *
 * The error of the mean explanation is the mean of e plus s, so that the triangle inequality gives the theorem, for any points and draws
 * too: `smoothed` is at most `bound` up to rounding, whatever is sampled. The constants are those of this input; the paper's are their
 * greatest values over inputs. Points count with the weights of the kernel.
 * Evaluates f points · (draws + 1) times. Throws `not-applicable` for other than local explanations.
 */
export async function smoothedInfidelity(
  options: SmoothedInfidelityOptions,
  key: Key,
): Promise<SmoothedInfidelity> {
  const { f, x, explain, points, draws } = options;
  const kernel = perturbationOf(f, options.kernel)(x, fold(key, 'kernel'), 0, points);
  const taken = perturbationOf(f, options.perturbation)(x, fold(key, 'perturbation'), 0, draws);
  const here = await drops(f, x, taken);
  const weights = normalised(kernel, points);
  const error = new Float64Array(draws);
  const shift = new Float64Array(draws);
  let averaged = 0;
  for (let i = 0; i < points; i++) {
    const z = row(kernel.inputs, i);
    const attribution = await explain(f, z, fold(key, 'explain'));
    expectLocal(attribution);
    const predicted = differenceRows(x, taken.inputs).times(attribution.values);
    const there = await drops(f, z, taken);
    const own = predicted.map((value, j) => value - there[j]);
    averaged += weights[i] * meanSquare(own);
    for (let j = 0; j < draws; j++) {
      error[j] += weights[i] * own[j];
      shift[j] += weights[i] * (there[j] - here[j]);
    }
  }
  const smoothed = meanSquare(error.map((value, j) => value + shift[j]));
  const c1 = ratio(meanSquare(error), averaged);
  const c2 = ratio(meanSquare(shift), smoothed);
  const slack = 1 - 2 * Math.sqrt(c2);
  return {
    smoothed,
    averaged,
    c1,
    c2,
    bound: slack > 0 ? (c1 * averaged) / slack : Number.POSITIVE_INFINITY,
  };
}

/** f(z) - f(z - I) for every I. */
async function drops(f: Score, z: Tensor, { deltas }: Draws): Promise<Float64Array> {
  const [whole] = await f.value(asBatch(z));
  const size = z.data.length;
  const moved = { shape: deltas.shape, data: deltas.data.map((value, at) => z.data[at % size] - value) };
  return (await f.value(moved)).map((value) => whole - value);
}

function normalised({ weights }: Draws, n: number): Float64Array {
  const given = weights ?? new Float64Array(n).fill(1);
  const total = given.reduce((sum, weight) => sum + weight, 0);
  return given.map((weight) => weight / total);
}

const meanSquare = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value ** 2, 0) / values.length;

/** a / b, 0 where both are 0. */
const ratio = (a: number, b: number): number => (a === 0 ? 0 : a / b);

function expectLocal({ kind, method }: Awaited<ReturnType<Explainer>>): void {
  if (kind === 'local') return;
  fail({
    code: 'not-applicable',
    where: 'smoothedInfidelity',
    expected: 'a local explanation, whose product with I predicts the drop of f at every z',
    got: `${method}, which is ${kind}`,
    remedy: 'Take the local form, such as path-gradient for integrated-gradients.',
  });
}
