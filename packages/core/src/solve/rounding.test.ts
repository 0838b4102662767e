import { pseudoInverse as exactPseudoInverse, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { denseRows } from '../rows/dense.js';
import { differenceRows } from '../rows/differences.js';
import { plainProducts } from '../rows/products.js';
import { tensor } from '../tensor/tensor.js';
import type { Rows } from '../types/draws.js';
import { leastSquares, regress } from './regress.js';
import { inverse, pseudoInverse, ridge } from './solver.js';

function normals(n: number, m: number, seed: number): Matrix {
  const data = new Float64Array(n * m);
  stream(key(seed)).fillNormal(data);
  return Matrix.from1DArray(n, m, data);
}

/** Moves of d features that only ever have `rank` directions: the last features follow the first ones. */
const together = (n: number, d: number, rank: number): Matrix =>
  normals(n, rank, n).mmul(normals(rank, d, n + 1));

/** What a model of float32 inputs is given for moves around x: x - I, rounded. */
function float32Rows(moves: Matrix, x: Float64Array): Rows {
  const inputs = Float32Array.from(moves.to1DArray(), (move, at) => x[at % x.length] - move);
  return differenceRows(
    tensor(Float32Array.from(x), [x.length]),
    tensor(inputs, [moves.rows, moves.columns]),
  );
}

/** Targets of a linear function of the moves that were meant, with the rounding of a float32 output. */
const targetsOf = (moves: Matrix, seed: number): Float64Array =>
  Float64Array.from(Float32Array.from(moves.mmul(normals(moves.columns, 1, seed)).to1DArray()));

function expectClose(got: Float64Array, expected: readonly number[], tolerance: number): void {
  const gap = Math.hypot(...got.map((value, i) => value - expected[i])) / Math.hypot(...expected);
  expect(gap).toBeLessThan(tolerance);
}

describe('rows that float32 rounded', () => {
  const d = 20;
  const rank = 8;

  it.each([
    { form: 'primal', n: 200, at: 1 },
    { form: 'dual', n: 15, at: 1 },
    { form: 'primal', n: 200, at: 300 },
    { form: 'dual', n: 15, at: 300 },
  ])(
    'have the rank and the least-norm solution of the moves that were meant: $form, around $at',
    async ({ form, n, at }) => {
      const moves = together(n, d, rank);
      const rows = float32Rows(moves, new Float64Array(d).fill(at + 1 / 3));
      const targets = targetsOf(moves, 5);
      const { values, diagnosis } = await regress([{ rows, targets }], pseudoInverse(), plainProducts);
      expect(diagnosis).toMatchObject({ form, rank });
      const meant = exactPseudoInverse(moves, 1e-9).mmul(Matrix.columnVector(targets));
      expectClose(values, meant.to1DArray(), at * 1e-4);
    },
  );

  it('have that rank with a constraint too, which takes one direction more', async () => {
    for (const n of [200, 15]) {
      const moves = together(n, d, rank);
      const rows = float32Rows(moves, new Float64Array(d).fill(1 / 3));
      const constraint = { normal: Float64Array.from(normals(1, d, 9).to1DArray()), value: 2 };
      const blocks = [{ rows, targets: targetsOf(moves, 5) }];
      const { values, diagnosis } = await leastSquares(
        { blocks, constraint },
        pseudoInverse(),
        plainProducts,
      );
      expect(diagnosis.rank).toBe(rank);
      expect(values.reduce((sum, z, j) => sum + z * constraint.normal[j], 0)).toBeCloseTo(2, 9);
      expect(Math.hypot(...values)).toBeLessThan(10);
    }
  });

  it('have it as a matrix of their own, and keep their full rank where the moves have it', async () => {
    const asFloat32 = (moves: Matrix) =>
      denseRows(tensor(Float32Array.from(moves.to1DArray()), [moves.rows, moves.columns]));
    for (const r of [1, rank, d]) {
      const moves = together(60, d, r);
      const block = { rows: asFloat32(moves), targets: targetsOf(moves, 5) };
      expect((await regress([block], pseudoInverse(), plainProducts)).diagnosis.rank).toBe(r);
    }
  });

  it('are refused by an inverse and by a ridge below their rounding, and taken by a ridge above it', async () => {
    const moves = together(200, d, rank);
    const block = {
      rows: float32Rows(moves, new Float64Array(d).fill(30)),
      targets: targetsOf(moves, 5),
    };
    await expect(regress([block], inverse(), plainProducts)).rejects.toThrow(
      `got rank ${rank}, condition above`,
    );
    await expect(regress([block], ridge(1e-13), plainProducts)).rejects.toThrow(`got rank ${rank}`);
    const { values, diagnosis } = await regress([block], ridge(1e-6), plainProducts);
    expect(diagnosis.rank).toBe(d);
    const meant = exactPseudoInverse(moves, 1e-9).mmul(Matrix.columnVector(block.targets));
    expectClose(values, meant.to1DArray(), 1e-3);
  });

  it('are cut where the caller says when it gives rcond', async () => {
    const moves = together(200, d, rank);
    const rows = float32Rows(moves, new Float64Array(d).fill(30));
    const block = { rows, targets: targetsOf(moves, 5) };
    const { diagnosis } = await regress([block], pseudoInverse({ rcond: 1e-18 }), plainProducts);
    expect(diagnosis.rank).toBeGreaterThan(rank);
  });
});

describe('rows without rounding', () => {
  it('keep directions of float64 that float32 would lose', async () => {
    const moves = normals(40, 6, 1);
    for (let i = 0; i < 40; i++) moves.set(i, 5, moves.get(i, 4) + 1e-6 * moves.get(i, 5));
    const [fine, coarse] = [Float64Array.from(moves.to1DArray()), Float32Array.from(moves.to1DArray())];
    const rankOf = async (data: Float32Array | Float64Array) => {
      const block = { rows: denseRows(tensor(data, [40, 6])), targets: new Float64Array(40) };
      return (await regress([block], pseudoInverse(), plainProducts)).diagnosis.rank;
    };
    expect(await rankOf(fine)).toBe(6);
    const few = Float32Array.from(coarse, (value, at) =>
      at % 6 === 5 ? coarse[at - 1] * (1 + 2 ** -23) : value,
    );
    expect(await rankOf(few)).toBe(5);
  });

  it('are float64 rows, and masks of 0 and 1 of any type', () => {
    const relativeRounding = (rows: Rows) => rows.rounding?.() ?? 0;
    expect(relativeRounding(denseRows(tensor(Float64Array.of(0.1, 0.2), [1, 2])))).toBe(0);
    expect(relativeRounding(denseRows(tensor(Float32Array.of(1, 0, 1, 1), [2, 2])))).toBe(0);
    expect(relativeRounding(denseRows(tensor(Float32Array.of(3, 4, 0.5, 0), [2, 2])))).toBe(5 * 2 ** -23);
  });

  it('around x are as exact as x and the inputs, not as their difference', () => {
    const x = tensor(Float32Array.of(1e4, 0.3), [2]);
    const near = tensor(Float32Array.of(1e4 + 0.25, 0.3), [1, 2]);
    expect(differenceRows(x, near).rounding?.()).toBeCloseTo(1e4 * Math.SQRT2 * 2 ** -23, 6);
  });
});
