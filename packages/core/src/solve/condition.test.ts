import { Matrix, SingularValueDecomposition } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { denseRows } from '../rows/dense.js';
import { plainProducts } from '../rows/products.js';
import { tensor } from '../tensor/tensor.js';
import type { Solver } from '../types/solver.js';
import { fitter } from './regress.js';
import { inverse, pseudoInverse, ridge } from './solver.js';

function normals(n: number, m: number, seed: number): Matrix {
  const data = new Float64Array(n * m);
  stream(key(seed)).fillNormal(data);
  return Matrix.from1DArray(n, m, data);
}

/** A matrix [n, n] with orthonormal columns. */
const rotation = (n: number, seed: number): Matrix =>
  new SingularValueDecomposition(normals(n, n, seed)).leftSingularVectors;

const KINDS = ['random', 'low rank', 'repeated', 'identity', 'spread', 'even', 'one far'] as const;

/** Rows [n, d] of a kind; all but the first two have chosen singular values. */
function design(kind: (typeof KINDS)[number], d: number, seed: number): Matrix {
  const rank = 1 + Math.floor((d * (seed % 5)) / 5);
  if (kind === 'random') return normals(d + 1 + (seed % 7), d, seed);
  if (kind === 'low rank') return normals(d + 3, rank, seed).mmul(normals(rank, d, seed + 1));
  const singular = (j: number): number => {
    if (kind === 'repeated') return [3, 1, 0.2][j % 3];
    if (kind === 'spread') return 10 ** ((-3 * j) / d);
    if (kind === 'even') return Math.sqrt(1 + j);
    return kind === 'one far' && j === 0 ? 100 : 1;
  };
  return rotation(d, seed)
    .mmul(Matrix.diag(Array.from({ length: d }, (_, j) => singular(j))))
    .mmul(rotation(d, seed + 1).transpose());
}

/** Ratio of the squares of the largest and the smallest singular value that is not rounding. */
function exactCondition(rows: Matrix): number {
  const values = new SingularValueDecomposition(rows).diagonal;
  const kept = values.filter((value) => value > 1e-9 * Math.max(...values));
  return (Math.max(...kept) / Math.min(...kept)) ** 2;
}

const diagnose = async (rows: Matrix, method: Solver, normal?: Float64Array) => {
  const data = Float64Array.from(rows.to1DArray());
  const blocks = [{ rows: denseRows(tensor(data, [rows.rows, rows.columns])) }];
  const { fit } = await fitter({ blocks, normal }, method, plainProducts);
  return fit(new Float64Array(rows.rows)).diagnosis;
};

describe('the condition of a solved system', () => {
  it.each(KINDS)(
    'is never above the exact one, and at least nine tenths of it: %s, sizes 1 to 60',
    async (kind) => {
      let least = 1;
      for (let d = 1; d <= 60; d++) {
        const rows = design(kind, d, 7 * d);
        const exact = exactCondition(rows);
        const { condition } = await diagnose(rows, pseudoInverse());
        expect(condition).toBeLessThanOrEqual(exact * (1 + 1e-6));
        least = Math.min(least, condition / exact);
      }
      expect(least).toBeGreaterThan(0.9);
    },
  );

  it('is that of the rows without their part along a constraint, also where they have few directions left', async () => {
    for (let d = 2; d <= 20; d++) {
      for (const kind of KINDS) {
        const rows = design(kind, d, 11 * d);
        const normal = Float64Array.from(normals(1, d, d).to1DArray());
        const a = Matrix.rowVector(normal);
        const along = rows
          .mmul(a.transpose())
          .mmul(a)
          .div(a.norm() ** 2);
        const free = Matrix.sub(rows, along);
        if (free.norm() < 1e-9 * rows.norm()) continue;
        const exact = exactCondition(free);
        const { condition } = await diagnose(rows, pseudoInverse(), normal);
        expect(condition).toBeLessThanOrEqual(exact * (1 + 1e-6));
        expect(condition).toBeGreaterThan(0.9 * exact);
      }
    }
  });

  it('is never above the exact one up to the last that float64 can tell, and by every solver', async () => {
    for (let d = 2; d <= 12; d++) {
      for (const power of [2, 4, 6, 7]) {
        const singular = Array.from({ length: d }, (_, j) => 10 ** ((-power * j) / (d - 1)));
        const rows = rotation(d, d).mmul(Matrix.diag(singular));
        const exact = 10 ** (2 * power);
        for (const method of [pseudoInverse(), inverse(), pseudoInverse({ rcond: 1e-15 })]) {
          const { condition } = await diagnose(rows, method);
          expect(condition).toBeLessThanOrEqual(exact * (1 + 1e-6));
          expect(condition).toBeGreaterThan(0.9 / (1 / exact + d * Number.EPSILON));
        }
        // The largest eigenvalue of AᵀA/d is 1/d, the smallest 10^(-2·power)/d.
        const { condition } = await diagnose(rows, ridge(1 / d));
        expect(condition).toBeCloseTo(2 / (1 + 1 / exact), 6);
      }
    }
  });
});
