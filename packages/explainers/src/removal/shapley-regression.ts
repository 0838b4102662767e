import {
  type Factorisation,
  type Findings,
  factor,
  type Products,
  pseudoInverse,
  type Tensor,
  tensor,
} from '@onnxplain/core';
import type { Coalitions } from './coalitions.js';

/** What f gives for coalitions. */
export interface ShapleyRises {
  /** f(coalition) - f(baseline), one for each coalition. */
  readonly rises: Float64Array;
  /** f(x) - f(baseline): what the values add up to. */
  readonly whole: number;
}

/** One number for each feature. */
export interface ShapleyFindings extends Pick<Findings, 'residual' | 'diagnosis'> {
  readonly numbers: Float64Array;
  /** Absent where all coalitions were taken, and where there are no more pairs than free values. */
  readonly stderr?: Float64Array;
}

/** Coalitions that are dense numbers at a time. */
const ROWS = 1024;

/** Groups of pairs from whose spread the standard error is taken. */
const GROUPS = 50;

/** A regression on coalitions, which takes any number of rises on them. */
export interface ShapleyRegression {
  readonly coalitions: Coalitions;
  fit(found: ShapleyRises): ShapleyFindings;
}

/** Weighted least squares of rises on coalitions, with the sum of the values given. The normal equations are summed up block by block. */
export async function shapleyRegression(
  coalitions: Coalitions,
  products: Products,
): Promise<ShapleyRegression> {
  const { count, kept, weights } = coalitions;
  if (count === 0) return { coalitions, fit: ({ whole }) => ({ numbers: Float64Array.of(whole) }) };
  const d = kept.length / count;
  const matrix = await normalMatrix(coalitions, products);
  const normal = new Float64Array(d).fill(1);
  const regression = { form: 'primal', unknowns: d, equations: count } as const;
  const system = await factor({ matrix, normal, regression }, pseudoInverse(), products);
  const { diagnosis } = system;
  return {
    coalitions,
    fit({ rises, whole }) {
      const numbers = system.solve(rightSide(coalitions, rises), whole);
      const misses = missesOf(coalitions, rises, numbers);
      const residual = rootMeanSquare(misses, weights);
      return { numbers, residual, diagnosis, ...standardErrors(coalitions, misses, system) };
    },
  };
}

/** The mean over coalitions z of z·zᵀ, by weight. */
async function normalMatrix({ count, kept, weights }: Coalitions, products: Products): Promise<Tensor> {
  const d = kept.length / count;
  const total = sumOf(weights);
  const matrix = new Float64Array(d * d);
  for (let from = 0; from < count; from += ROWS) {
    const to = Math.min(count, from + ROWS);
    const rows = new Float64Array((to - from) * d);
    for (let i = from, at = 0; i < to; i++) {
      // The root of the weight on both sides makes the product symmetric to the last bit.
      const root = Math.sqrt(weights[i] / total);
      for (let j = 0; j < d; j++, at++) rows[at] = kept[from * d + at] * root;
    }
    const block = tensor(rows, [to - from, d]);
    const { data } = await products.transposeTimes(block, block);
    for (let i = 0; i < matrix.length; i++) matrix[i] += data[i];
  }
  return tensor(matrix, [d, d]);
}

/** The mean over coalitions z of z·rise, by weight. */
function rightSide({ count, kept, weights }: Coalitions, rises: Float64Array): Float64Array {
  const total = sumOf(weights);
  const right = new Float64Array(kept.length / count);
  for (let i = 0; i < count; i++) addCoalition(right, { kept, i }, (weights[i] / total) * rises[i]);
  return right;
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

/** out += factor·z for the coalition z of row i. */
function addCoalition(
  out: Float64Array,
  { kept, i }: { readonly kept: Uint8Array; readonly i: number },
  factor: number,
): void {
  const d = out.length;
  for (let j = 0, at = i * d; j < d; j++, at++) out[j] += kept[at] * factor;
}

/** What the sum of the values over each coalition misses of its rise. */
function missesOf({ kept }: Coalitions, rises: Float64Array, numbers: Float64Array): Float64Array {
  const d = numbers.length;
  const misses = rises.slice();
  for (let i = 0, at = 0; i < misses.length; i++) {
    for (let j = 0; j < d; j++, at++) misses[i] -= kept[at] * numbers[j];
  }
  return misses;
}

function rootMeanSquare(misses: Float64Array, weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < misses.length; i++) sum += weights[i] * misses[i] * misses[i];
  return Math.sqrt(sum / sumOf(weights));
}

/**
 * Standard errors that hold whatever the residuals' distribution (the "sandwich" of regressions, with pairs as clusters): the values move
 * by K⁻¹·u for the sum u of z·miss over the coalitions of a group of pairs, and these moves add up to 0 over all groups. The variance is
 * the sum of their squares, times pairs / (pairs - free values), because the fit makes the residuals smaller than the errors are.
 */
function standardErrors(
  { count, kept, exhaustive }: Coalitions,
  misses: Float64Array,
  system: Factorisation,
): { readonly stderr?: Float64Array } {
  const d = kept.length / count;
  const pairs = count / 2;
  const spare = pairs - (d - 1);
  if (exhaustive || spare <= 0) return {};
  const groups = Math.min(GROUPS, pairs);
  const variance = new Float64Array(d);
  for (let group = 0; group < groups; group++) {
    const sum = new Float64Array(d);
    for (let pair = group; pair < pairs; pair += groups)
      for (const i of [2 * pair, 2 * pair + 1]) addCoalition(sum, { kept, i }, misses[i] / count);
    const moves = system.solve(sum);
    for (let j = 0; j < d; j++) variance[j] += moves[j] ** 2;
  }
  const correction = (groups / (groups - 1)) * (pairs / spare);
  return { stderr: variance.map((square) => Math.sqrt(square * correction)) };
}
