import { gram } from '../rows/products.js';
import { cholesky, choleskySolve, pivotedCholesky } from './cholesky.js';
import { conditionOf, dotOf } from './condition.js';
import { symmetricEigen } from './eigen.js';
import type { Solved, System } from './solver.js';

/** A spectrum that ends this far above the cut is decided without eigenvalues: covers the estimate of the condition. */
const MARGIN = 1e3;

/** K⁺·right, with eigenvalues below rcond times the largest counted as zero. */
export function pseudoSolve(system: System, rcond: number): Solved {
  return fullRank(system, rcond) ?? lowRank(system, rcond) ?? byEigenvectors(system, rcond);
}

/** By Cholesky, when no eigenvalue is anywhere near the cut. */
function fullRank({ matrix, right }: System, rcond: number): Solved | undefined {
  const k = right.length;
  const factor = cholesky(matrix, k);
  if (factor === undefined) return undefined;
  const condition = conditionOf(matrix, factor);
  if (condition * MARGIN * rcond > 1) return undefined;
  return { values: choleskySolve(factor, right), rank: k, condition };
}

/**
 * K = L·Lᵀ with L [k, r] gives K⁺ = L·(LᵀL)⁻²·Lᵀ, and LᵀL has the eigenvalues of K that are not zero: when they are all
 * far above the cut and the rest is rounding, this is the answer.
 */
function lowRank({ matrix, right }: System, rcond: number): Solved | undefined {
  const k = right.length;
  const { factor, rank } = pivotedCholesky(matrix, k);
  if (rank === 0) return { values: new Float64Array(k), rank, condition: Number.NaN };
  if (rank === k) return undefined;
  const square = gram(factor, rank);
  const inner = cholesky(square, rank);
  if (inner === undefined) return undefined;
  const condition = conditionOf(square, inner);
  if (condition * MARGIN * rcond > 1) return undefined;
  const projected = new Float64Array(rank);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < rank; j++) projected[j] += factor[i * rank + j] * right[i];
  }
  const middle = choleskySolve(inner, choleskySolve(inner, projected));
  const values = Float64Array.from(right, (_, i) => dotOf(factor.subarray(i * rank, (i + 1) * rank), middle));
  return { values, rank, condition };
}

function byEigenvectors({ matrix, right }: System, rcond: number): Solved {
  const k = right.length;
  const { values: spectrum, vectors } = symmetricEigen(matrix, k);
  const largest = spectrum.reduce((most, value) => Math.max(most, value), 0);
  const kept = Array.from(spectrum.keys()).filter((j) => spectrum[j] > rcond * largest);
  const values = new Float64Array(k);
  for (const j of kept) {
    let along = 0;
    for (let i = 0; i < k; i++) along += vectors[i * k + j] * right[i];
    for (let i = 0; i < k; i++) values[i] += (vectors[i * k + j] * along) / spectrum[j];
  }
  const smallest = kept.reduce((least, j) => Math.min(least, spectrum[j]), Number.POSITIVE_INFINITY);
  return { values, rank: kept.length, condition: kept.length === 0 ? Number.NaN : largest / smallest };
}
