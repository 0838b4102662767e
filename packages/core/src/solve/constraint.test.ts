import fc from 'fast-check';
import { pseudoInverse as exactPseudoInverse, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { denseRows } from '../rows/dense.js';
import { plainProducts } from '../rows/products.js';
import { tensor } from '../tensor/tensor.js';
import { type Block, type Constraint, leastSquares } from './regress.js';
import { inverse, lsqr, pseudoInverse, ridge } from './solver.js';

function normals(n: number, m: number, seed: number): Matrix {
  const data = new Float64Array(n * m);
  stream(key(seed)).fillNormal(data);
  return Matrix.from1DArray(n, m, data);
}

const vector = (n: number, seed: number): Float64Array => Float64Array.from(normals(n, 1, seed).to1DArray());

const rowsOf = (matrix: Matrix) =>
  denseRows(tensor(Float64Array.from(matrix.to1DArray()), [matrix.rows, matrix.columns]));

/** How far normal·z is from its value, in units of the rounding of a sum of so many terms. */
function missed(z: Float64Array, { normal, value }: Constraint): number {
  const terms = Array.from(z, (each, j) => each * normal[j]);
  const size = terms.reduce((sum, term) => sum + Math.abs(term), Math.abs(value));
  return Math.abs(terms.reduce((sum, term) => sum + term, -value)) / (z.length * Number.EPSILON * size);
}

function expectClose(got: Float64Array, expected: readonly number[], tolerance: number): void {
  const gap = Math.hypot(...got.map((value, i) => value - expected[i])) / Math.hypot(...expected);
  expect(gap).toBeLessThan(tolerance);
}

/**
 * The shortest z of least error that meets the constraint, by its elimination: z = a·value/|a|² + N·y for any y, where the columns of N are
 * those of the reflection that turns the first axis into the normal a, without the first.
 */
function byElimination(matrix: Matrix, targets: Float64Array, { normal, value }: Constraint): number[] {
  const d = normal.length;
  const length = Math.hypot(...normal);
  const mirror = normal.map((each, j) => each / length + (j === 0 ? Math.sign(each) : 0));
  const square = mirror.reduce((sum, each) => sum + each ** 2, 0);
  const reflection = Matrix.eye(d).sub(
    Matrix.columnVector(mirror)
      .mmul(Matrix.rowVector(mirror))
      .mul(2 / square),
  );
  const across = reflection.subMatrix(0, d - 1, 1, d - 1);
  const start = Matrix.columnVector(normal.map((each) => (each * value) / length ** 2));
  const rest = Matrix.sub(Matrix.columnVector(targets), matrix.mmul(start));
  const y = exactPseudoInverse(matrix.mmul(across), 1e-9).mmul(rest);
  return across.mmul(y).add(start).to1DArray();
}

/** Rows of few directions, each with a far larger part along the normal: taking that part away leaves its rounding. */
function mostlyAlong(normal: Float64Array, { n, rank, seed }: { n: number; rank: number; seed: number }) {
  const d = normal.length;
  const few = normals(n, rank, seed).mmul(normals(rank, d, seed + 1));
  const size = Matrix.columnVector(vector(n, seed + 2).map((each) => 1e4 * each));
  return few.add(size.mmul(Matrix.rowVector(normal)));
}

describe('a constraint', () => {
  const forms = [
    { form: 'primal', n: 60 },
    { form: 'dual', n: 14 },
  ] as const;

  it.each(forms)('leaves the rank and the solution of its elimination: $form', async ({ form, n }) => {
    const [d, rank] = [20, 6];
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), async (seed) => {
        const constraint = { normal: vector(d, seed), value: 3 };
        const matrix = mostlyAlong(constraint.normal, { n, rank, seed: seed + 1 });
        const blocks = [{ rows: rowsOf(matrix), targets: vector(n, seed + 4) }];
        const found = await leastSquares({ blocks, constraint }, pseudoInverse(), plainProducts);
        expect(found.diagnosis).toMatchObject({ form, rank });
        expectClose(found.values, byElimination(matrix, blocks[0].targets, constraint), 1e-4);
      }),
      { numRuns: 40 },
    );
  });

  it.each(forms)('is met to rounding also where rounding counts as a direction: $form', async ({ n }) => {
    const d = 20;
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), fc.integer({ min: 1, max: 12 }), async (seed, rank) => {
        const constraint = { normal: vector(d, seed), value: 3 };
        const matrix = mostlyAlong(constraint.normal, { n, rank, seed: seed + 1 });
        const blocks = [{ rows: rowsOf(matrix), targets: vector(n, seed + 4) }];
        for (const method of [pseudoInverse({ rcond: 1e-25 }), pseudoInverse(), ridge(1e-3), lsqr()]) {
          const { values } = await leastSquares({ blocks, constraint }, method, plainProducts);
          expect(missed(values, constraint)).toBeLessThan(1);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('that fixes all unknowns leaves a system of rank 0, in any units', async () => {
    for (const scale of [1e-12, 1, 1e12]) {
      const blocks = [{ rows: rowsOf(normals(5, 1, 2).mul(scale)), targets: vector(5, 3) }];
      const constraint = { normal: Float64Array.of(0.7), value: 2.1 };
      for (const method of [inverse(), pseudoInverse()]) {
        const { values, diagnosis } = await leastSquares({ blocks, constraint }, method, plainProducts);
        expect(values[0]).toBeCloseTo(3, 14);
        expect(diagnosis.rank).toBe(0);
      }
    }
  });
});

describe('coalitions of cells', () => {
  const cells = 8;
  const sets = Array.from({ length: 2 ** cells - 2 }, (_, i) =>
    Array.from({ length: cells }, (_, cell) => ((i + 1) >> cell) & 1),
  );
  const binomial = (k: number): number => (k === 0 ? 1 : (binomial(k - 1) * (cells - k + 1)) / k);
  const kernel = Float64Array.from(sets, (set) => {
    const size = set.reduce((sum, each) => sum + each);
    return (cells - 1) / (binomial(size) * size * (cells - size));
  });

  /** The sum of z over each cell, by least squares in which the last sum is the value less the others. */
  function sumsByElimination(targets: Float64Array, value: number): number[] {
    const roots = kernel.map(Math.sqrt);
    const left = sets.map((set, i) => set.slice(0, -1).map((each) => roots[i] * (each - set[cells - 1])));
    const right = targets.map((target, i) => roots[i] * (target - sets[i][cells - 1] * value));
    const sums = exactPseudoInverse(new Matrix(left)).mmul(Matrix.columnVector(right)).to1DArray();
    return [...sums, sums.reduce((rest, sum) => rest - sum, value)];
  }

  it.each([
    { form: 'primal', size: 10 },
    { form: 'dual', size: 98 },
  ])('under a constraint on the total have the sums of its elimination: $form', async ({ form, size }) => {
    const d = cells * size;
    const rows = rowsOf(new Matrix(sets.map((set) => set.flatMap((each) => new Array(size).fill(each)))));
    const targets = vector(sets.length, 1);
    const blocks: readonly Block[] = [{ rows, targets, weights: kernel }];
    const constraint = { normal: new Float64Array(d).fill(1), value: 14.83 };
    const { values, diagnosis } = await leastSquares({ blocks, constraint }, pseudoInverse(), plainProducts);
    expect(diagnosis).toMatchObject({ form, rank: cells - 1 });
    expect(missed(values, constraint)).toBeLessThan(1);
    const truth = sumsByElimination(targets, constraint.value).flatMap((sum) =>
      new Array(size).fill(sum / size),
    );
    expectClose(values, truth, 1e-11);
  });
});
