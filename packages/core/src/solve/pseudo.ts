import { addTransposeTimesVector, timesVector } from '../rows/vector.js';
import { toFloat64 } from '../tensor/tensor.js';
import type { Products } from '../types/score.js';
import type { Factors, System } from '../types/solver.js';
import { cholesky, choleskySolve } from './cholesky.js';
import { conditionOf, type Extremes, extremesOf } from './condition.js';
import { symmetricEigen } from './eigen.js';
import { pivotedCholesky } from './pivoted.js';

/** A spectrum that ends this far above the cut is decided without eigenvalues: covers the estimate of its ends. */
const MARGIN = 1e3;

/** Eigenvalues up to the larger of both count as zero. */
export interface Cut {
  /** In units of the largest eigenvalue. */
  readonly relative: number;
  /** In units of K. */
  readonly absolute: number;
}

/** Factors of K⁺, with eigenvalues up to the cut counted as zero. */
export async function pseudoFactors(system: System, cut: Cut, products: Products): Promise<Factors> {
  return (
    (await fullRank(system, cut, products)) ??
    (await lowRank(system, cut, products)) ??
    byEigenvectors(system, cut)
  );
}

const cutAt = ({ relative, absolute }: Cut, largest: number): number =>
  Math.max(relative * largest, absolute);

const isClear = (cut: Cut, { largest, smallest }: Extremes): boolean =>
  smallest >= MARGIN * cutAt(cut, largest);

/** By Cholesky, when no eigenvalue is anywhere near the cut. */
async function fullRank(system: System, cut: Cut, products: Products): Promise<Factors | undefined> {
  const { k } = system;
  const factor = await cholesky(system, products);
  if (factor === undefined) return undefined;
  const extremes = extremesOf(system, factor);
  if (!isClear(cut, extremes)) return undefined;
  return { solve: (right) => choleskySolve(factor, right), rank: k, condition: conditionOf(extremes, k) };
}

/**
 * K = L·Lᵀ with L [k, r] gives K⁺ = L·(LᵀL)⁻²·Lᵀ, and LᵀL has the eigenvalues of K that are not zero: when they are all
 * far above the cut and the rest is below it, this is the answer.
 */
async function lowRank(system: System, cut: Cut, products: Products): Promise<Factors | undefined> {
  const { k } = system;
  const { factor, rank } = pivotedCholesky(system, cut.absolute);
  if (rank === 0) return { solve: () => new Float64Array(k), rank, condition: Number.NaN };
  if (rank === k) return undefined;
  const columns = { shape: [k, rank], data: factor };
  const { data } = toFloat64(await products.transposeTimes(columns, columns));
  const square = { matrix: data, k: rank };
  const inner = await cholesky(square, products);
  if (inner === undefined) return undefined;
  const extremes = extremesOf(square, inner);
  if (!isClear(cut, extremes)) return undefined;
  return {
    solve(right) {
      const projected = new Float64Array(rank);
      addTransposeTimesVector(columns, right, projected);
      return timesVector(columns, choleskySolve(inner, choleskySolve(inner, projected)));
    },
    rank,
    condition: conditionOf(extremes, k),
  };
}

function byEigenvectors({ matrix, k }: System, cut: Cut): Factors {
  const { values: spectrum, vectors } = symmetricEigen(matrix, k);
  const largest = spectrum.reduce((most, value) => Math.max(most, value), 0);
  const least = cutAt(cut, largest);
  const kept = Array.from(spectrum.keys()).filter((j) => spectrum[j] > least);
  const smallest = kept.reduce((lowest, j) => Math.min(lowest, spectrum[j]), Number.POSITIVE_INFINITY);
  return {
    solve(right) {
      const values = new Float64Array(k);
      for (const j of kept) {
        let along = 0;
        for (let i = 0; i < k; i++) along += vectors[i * k + j] * right[i];
        for (let i = 0; i < k; i++) values[i] += (vectors[i * k + j] * along) / spectrum[j];
      }
      return values;
    },
    rank: kept.length,
    condition: kept.length === 0 ? Number.NaN : conditionOf({ largest, smallest }, k),
  };
}
