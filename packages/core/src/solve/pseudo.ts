import { addTransposeTimesVector, timesVector } from '../rows/vector.js';
import { toFloat64 } from '../tensor/tensor.js';
import type { Products } from '../types.js';
import { cholesky, choleskySolve } from './cholesky.js';
import { conditionOf } from './condition.js';
import { symmetricEigen } from './eigen.js';
import { pivotedCholesky } from './pivoted.js';
import type { Factors, System } from './system.js';

/** A spectrum that ends this far above the cut is decided without eigenvalues: covers the estimate of the condition. */
const MARGIN = 1e3;

/** Factors of K⁺, with eigenvalues below rcond times the largest counted as zero. */
export async function pseudoFactors(system: System, rcond: number, products: Products): Promise<Factors> {
  return (
    (await fullRank(system, rcond, products)) ??
    (await lowRank(system, rcond, products)) ??
    byEigenvectors(system, rcond)
  );
}

/** By Cholesky, when no eigenvalue is anywhere near the cut. */
async function fullRank(system: System, rcond: number, products: Products): Promise<Factors | undefined> {
  const factor = await cholesky(system, products);
  if (factor === undefined) return undefined;
  const condition = await conditionOf(system, factor, products);
  if (condition * MARGIN * rcond > 1) return undefined;
  return { solve: (right) => choleskySolve(factor, right), rank: system.k, condition };
}

/**
 * K = L·Lᵀ with L [k, r] gives K⁺ = L·(LᵀL)⁻²·Lᵀ, and LᵀL has the eigenvalues of K that are not zero: when they are all
 * far above the cut and the rest is rounding, this is the answer.
 */
async function lowRank(system: System, rcond: number, products: Products): Promise<Factors | undefined> {
  const { k } = system;
  const { factor, rank } = pivotedCholesky(system);
  if (rank === 0) return { solve: () => new Float64Array(k), rank, condition: Number.NaN };
  if (rank === k) return undefined;
  const columns = { shape: [k, rank], data: factor };
  const { data } = toFloat64(await products.transposeTimes(columns, columns));
  const square = { matrix: data, k: rank };
  const inner = await cholesky(square, products);
  if (inner === undefined) return undefined;
  const condition = await conditionOf(square, inner, products);
  if (condition * MARGIN * rcond > 1) return undefined;
  return {
    solve(right) {
      const projected = new Float64Array(rank);
      addTransposeTimesVector(columns, right, projected);
      return timesVector(columns, choleskySolve(inner, choleskySolve(inner, projected)));
    },
    rank,
    condition,
  };
}

function byEigenvectors({ matrix, k }: System, rcond: number): Factors {
  const { values: spectrum, vectors } = symmetricEigen(matrix, k);
  const largest = spectrum.reduce((most, value) => Math.max(most, value), 0);
  const kept = Array.from(spectrum.keys()).filter((j) => spectrum[j] > rcond * largest);
  const smallest = kept.reduce((least, j) => Math.min(least, spectrum[j]), Number.POSITIVE_INFINITY);
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
    condition: kept.length === 0 ? Number.NaN : largest / smallest,
  };
}
