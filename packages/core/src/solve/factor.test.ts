import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { plainProducts } from '../rows/products.js';
import { type Tensor, tensor } from '../tensor/tensor.js';
import type { Solver } from '../types/solver.js';
import { cholesky as choleskyOf, choleskySolve } from './cholesky.js';
import { conditionOf, extremesOf } from './condition.js';
import { symmetricEigen } from './eigen.js';
import { factor } from './factor.js';
import { pivotedCholesky } from './pivoted.js';
import type { Constraint } from './regress.js';
import { inverse, pseudoInverse, ridge, solvers } from './solver.js';

const cholesky = (matrix: Float64Array, k: number) => choleskyOf({ matrix, k }, plainProducts);

/** One right side, factorised and solved. */
async function solve(
  { matrix, right, constraint }: { matrix: Tensor; right: Float64Array; constraint?: Constraint },
  method: Solver,
) {
  const found = await factor({ matrix, normal: constraint?.normal }, method, plainProducts);
  return { values: found.solve(right, constraint?.value), diagnosis: found.diagnosis };
}

function randomVector(n: number, seed: number): Float64Array {
  const data = new Float64Array(n);
  stream(key(seed)).fillNormal(data);
  return data;
}

/** G·Gᵀ for a random G [k, rank]. */
function semidefinite(k: number, rank: number, seed: number): Tensor {
  const g = randomVector(k * rank, seed);
  const out = new Float64Array(k * k);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      for (let m = 0; m < rank; m++) out[i * k + j] += g[i * rank + m] * g[j * rank + m];
    }
  }
  return tensor(out, [k, k]);
}

const times = (matrix: Tensor, v: Float64Array): Float64Array =>
  v.map((_, i) => v.reduce((sum, value, j) => sum + matrix.data[i * v.length + j] * value, 0));

const dot = (a: Float64Array, b: Float64Array): number => a.reduce((sum, value, i) => sum + value * b[i], 0);

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-8): void {
  expect(got.length).toBe(expected.length);
  const most = Math.max(1e-300, ...Array.from(expected, Math.abs));
  const gap = Math.max(0, ...Array.from(got, (value, i) => Math.abs(value - expected[i])));
  expect(gap / most).toBeLessThan(tolerance);
}

/** K⁺·right from the eigenvectors: the definition. */
function pseudoByDefinition(matrix: Tensor, right: Float64Array, rcond: number): Float64Array {
  const k = right.length;
  const { values, vectors } = symmetricEigen(Float64Array.from(matrix.data), k);
  const largest = Math.max(...values);
  return right.map((_, i) => {
    let sum = 0;
    for (let j = 0; j < k; j++) {
      if (values[j] <= rcond * largest) continue;
      const along = right.reduce((s, r, m) => s + vectors[m * k + j] * r, 0);
      sum += (vectors[i * k + j] * along) / values[j];
    }
    return sum;
  });
}

describe('Cholesky', () => {
  it.each([1, 2, 3, 63, 64, 65, 130])(
    'of order %d multiplies out to the matrix, and solves it',
    async (k) => {
      const matrix = semidefinite(k, k + 3, k);
      const data = Float64Array.from(matrix.data);
      const l = (await cholesky(data, k)) ?? new Float64Array();
      for (let i = 0; i < k; i++) {
        for (let j = 0; j <= i; j++) {
          let sum = 0;
          for (let m = 0; m <= j; m++) sum += l[i * k + m] * l[j * k + m];
          expect(Math.abs(sum - data[i * k + j])).toBeLessThan(1e-10 * k);
        }
      }
      const z = randomVector(k, 1);
      expectClose(choleskySolve(l, times(matrix, z)), z, 1e-6);
    },
  );

  it('of order 700 solves the tridiagonal system of second differences', async () => {
    const k = 700;
    const matrix = new Float64Array(k * k);
    for (let i = 0; i < k; i++) {
      matrix[i * k + i] = 2;
      if (i > 0) matrix[i * k + i - 1] = -1;
      if (i < k - 1) matrix[i * k + i + 1] = -1;
    }
    const z = randomVector(k, 1);
    const right = z.map((value, i) => 2 * value - (z[i - 1] ?? 0) - (z[i + 1] ?? 0));
    expectClose(choleskySolve((await cholesky(matrix, k)) ?? new Float64Array(), right), z, 1e-9);
  });

  it('says when a matrix is not positive definite', async () => {
    expect(await cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBeUndefined();
    expect(await cholesky(Float64Array.from(semidefinite(140, 132, 1).data), 140)).toBeUndefined();
    expect(await cholesky(Float64Array.of(Number.NaN), 1)).toBeUndefined();
  });

  it('with pivots stops at the rank, and multiplies out to the matrix', () => {
    const matrix = semidefinite(12, 5, 2);
    const { factor, rank } = pivotedCholesky({ matrix: Float64Array.from(matrix.data), k: 12 });
    expect(rank).toBe(5);
    const product = matrix.data.map((_, at) =>
      dot(
        factor.slice(Math.floor(at / 12) * 5, Math.floor(at / 12) * 5 + 5),
        factor.slice((at % 12) * 5, (at % 12) * 5 + 5),
      ),
    );
    expectClose(product, matrix.data, 1e-12);
  });

  it('gives an estimate of the condition that is right to a fifth', async () => {
    const diagonal = Float64Array.from({ length: 900 }, (_, at) => (at % 31 === 0 ? 1 + (at / 31) ** 2 : 0));
    const l = (await cholesky(diagonal, 30)) ?? new Float64Array();
    const system = { matrix: diagonal, k: 30 };
    const exact = 1 + 29 ** 2;
    const estimate = conditionOf(extremesOf(system, l), 30);
    expect(estimate / exact).toBeGreaterThan(0.8);
    expect(estimate / exact).toBeLessThan(1 + 1e-9);
  });
});

describe('inverse', () => {
  it('solves invertible systems', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 12 }), fc.nat(1000), async (k, seed) => {
        const matrix = semidefinite(k, k + 5, seed);
        const z = randomVector(k, seed + 1);
        const { values, diagnosis } = await solve({ matrix, right: times(matrix, z) }, inverse());
        expectClose(values, z, 1e-6);
        expect(diagnosis).toMatchObject({
          method: 'inverse',
          form: 'primal',
          unknowns: k,
          equations: k,
          rank: k,
        });
      }),
    );
  });

  it('says rank, condition and what to do for singular systems', async () => {
    const matrix = semidefinite(8, 3, 1);
    await expect(solve({ matrix, right: randomVector(8, 1) }, inverse())).rejects.toThrow(
      /inverse: expected a system of rank 8, got rank 3, condition above .* Use ridge\(\.\.\.\) or pseudo-inverse\(\)/,
    );
  });

  it('refuses systems that Cholesky still passes, when their condition is lost in rounding', async () => {
    // L with 1 on the diagonal and -1 below: every pivot of L·Lᵀ is 1, and its condition is about 4^30.
    const entry = (i: number, m: number) => (i === m ? 1 : i > m ? -1 : 0);
    const matrix = tensor(
      Array.from({ length: 900 }, (_, at) => {
        let sum = 0;
        for (let m = 0; m < 30; m++) sum += entry(Math.floor(at / 30), m) * entry(at % 30, m);
        return sum;
      }),
      [30, 30],
    );
    expect(await cholesky(Float64Array.from(matrix.data), 30)).toBeDefined();
    await expect(solve({ matrix, right: randomVector(30, 1) }, inverse())).rejects.toThrow(
      /condition above 1\.5e\+14/,
    );
  });
});

describe('ridge', () => {
  it('is the inverse of K + lambda·I', async () => {
    const matrix = semidefinite(9, 4, 3);
    const z = randomVector(9, 4);
    const right = times(matrix, z).map((value, i) => value + 0.1 * z[i]);
    const { values, diagnosis } = await solve({ matrix, right }, ridge(0.1));
    expectClose(values, z);
    expect(diagnosis).toMatchObject({ method: 'ridge(0.1)', rank: 9 });
  });

  it('refuses a lambda that is lost in rounding, and one that is not positive', async () => {
    const matrix = semidefinite(9, 4, 3);
    await expect(solve({ matrix, right: randomVector(9, 1) }, ridge(1e-20))).rejects.toThrow(/rank 4/);
    expect(() => ridge(0)).toThrow('ridge(lambda): expected a positive number, got 0');
  });
});

describe('pseudo-inverse', () => {
  it('is the definition by eigenvectors, whatever the rank', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 14 }),
        fc.integer({ min: 1, max: 14 }),
        fc.nat(1000),
        async (k, rank, seed) => {
          const matrix = semidefinite(k, rank, seed);
          const right = times(matrix, randomVector(k, seed + 1));
          const { values } = await solve({ matrix, right }, pseudoInverse());
          // Conditions up to 1e6 occur among random matrices.
          expectClose(values, pseudoByDefinition(matrix, right, k * 2 ** -52), 1e-4);
        },
      ),
    );
  });

  it('projects right sides that no z can reach', async () => {
    const matrix = tensor([4, 0, 0, 0], [2, 2]);
    const { values, diagnosis } = await solve({ matrix, right: Float64Array.of(8, 5) }, pseudoInverse());
    expect(Array.from(values)).toEqual([2, 0]);
    expect(diagnosis.rank).toBe(1);
    expect(diagnosis.condition).toBeCloseTo(1, 9);
  });

  it('drops eigenvalues below rcond times the largest, and keeps those above', async () => {
    const matrix = tensor([1, 0, 0, 0, 1e-3, 0, 0, 0, 1e-5], [3, 3]);
    const right = Float64Array.of(1, 1, 1);
    const kept = (rcond?: number) => solve({ matrix, right }, pseudoInverse({ rcond }));
    const [cut, all] = [await kept(1e-4), await kept()];
    expectClose(cut.values, [1, 1e3, 0]);
    expect(cut.diagnosis).toMatchObject({ rank: 2, method: 'pseudo-inverse(rcond=0.0001)' });
    expectClose(all.values, [1, 1e3, 1e5]);
    expect(all.diagnosis).toMatchObject({ rank: 3, method: 'pseudo-inverse' });
  });

  it('decides without a clear gap by eigenvectors', async () => {
    const spectrum = Float64Array.from({ length: 18 }, (_, i) => 10 ** -i);
    const matrix = tensor(
      Float64Array.from({ length: 324 }, (_, at) => (at % 19 === 0 ? spectrum[at / 19] : 0)),
      [18, 18],
    );
    const { values, diagnosis } = await solve(
      { matrix, right: new Float64Array(18).fill(1) },
      pseudoInverse(),
    );
    expect(diagnosis.rank).toBe(15); // 18·2⁻⁵² = 4.0e-15
    expectClose(
      values,
      Array.from(spectrum, (value) => (value > 4e-15 ? 1 / value : 0)),
    );
  });

  it('of zero is zero', async () => {
    const { values, diagnosis } = await solve(
      { matrix: tensor([0, 0, 0, 0], [2, 2]), right: Float64Array.of(1, 2) },
      pseudoInverse(),
    );
    expect(Array.from(values)).toEqual([0, 0]);
    expect(diagnosis.rank).toBe(0);
  });
});

describe('a constraint', () => {
  const k = 7;
  const matrix = semidefinite(k, k + 2, 5);
  const right = randomVector(k, 6);
  const constraint = { normal: randomVector(k, 7), value: 1.5 };

  it('is met, with the gradient along its normal: the conditions of Lagrange', async () => {
    const { values, diagnosis } = await solve({ matrix, right, constraint }, inverse());
    expect(dot(constraint.normal, values)).toBeCloseTo(1.5, 9);
    const slope = times(matrix, values).map((value, i) => value - right[i]);
    const multiplier = dot(slope, constraint.normal) / dot(constraint.normal, constraint.normal);
    expectClose(
      slope,
      constraint.normal.map((a) => multiplier * a),
      1e-7,
    );
    expect(diagnosis.rank).toBe(k - 1);
  });

  it('is met by every solver, also where the system is singular without it', async () => {
    const singular = semidefinite(k, 3, 8);
    for (const method of [pseudoInverse(), ridge(0.1)]) {
      const { values } = await solve({ matrix: singular, right, constraint }, method);
      expect(dot(constraint.normal, values)).toBeCloseTo(1.5, 9);
    }
  });

  it('can make a singular system solvable', async () => {
    const flat = tensor([1, -1, -1, 1], [2, 2]);
    const pinned = { normal: Float64Array.of(1, 1), value: 4 };
    const { values } = await solve(
      { matrix: flat, right: Float64Array.of(1, -1), constraint: pinned },
      inverse(),
    );
    expectClose(values, [2.5, 1.5]);
  });

  it('needs a normal that is not zero, of the right length', async () => {
    const bad = (normal: Float64Array) =>
      solve({ matrix, right, constraint: { normal, value: 1 } }, inverse());
    await expect(bad(new Float64Array(k))).rejects.toThrow(/not zero/);
    await expect(bad(new Float64Array(3))).rejects.toThrow(/7 elements/);
  });
});

describe('factor', () => {
  it('refuses systems that do not fit or are not finite', async () => {
    const right = Float64Array.of(1, 2);
    await expect(solve({ matrix: tensor([1, 2], [2, 1]), right }, inverse())).rejects.toThrow(
      '[2, 2], got [2, 1]',
    );
    await expect(solve({ matrix: tensor([1], [1, 1]), right }, inverse())).rejects.toThrow(
      '1 element, got 2',
    );
    await expect(solve({ matrix: tensor([1, 0, 0, Number.NaN], [2, 2]), right }, inverse())).rejects.toThrow(
      'NaN at element 3',
    );
    await expect(
      solve({ matrix: tensor([1, 0, 0, 1], [2, 2]), right: Float64Array.of(1, Number.NaN) }, inverse()),
    ).rejects.toThrow('NaN at element 1');
  });

  it('solves for any number of right sides and values of the constraint', async () => {
    const matrix = semidefinite(6, 8, 1);
    const normal = randomVector(6, 2);
    for (const method of [inverse(), pseudoInverse(), ridge(0.1), pseudoInverse({ rcond: 0.3 })]) {
      const kept = await factor({ matrix, normal }, method, plainProducts);
      for (const seed of [3, 4]) {
        const right = randomVector(6, seed);
        const once = await solve({ matrix, right, constraint: { normal, value: seed } }, method);
        expect(kept.solve(right, seed)).toEqual(once.values);
      }
    }
  });

  it('does not change what it is given', async () => {
    const matrix = semidefinite(5, 3, 1);
    const right = randomVector(5, 2);
    const [before, beforeRight] = [matrix.data.slice(), right.slice()];
    for (const method of [pseudoInverse(), ridge(1), pseudoInverse({ rcond: 0.5 })])
      await solve({ matrix, right }, method);
    expect([matrix.data, right]).toEqual([before, beforeRight]);
  });

  it('takes every solver of the table that factorises', async () => {
    const made: Solver[] = [
      solvers.inverse.make({}),
      solvers['pseudo-inverse'].make({}),
      solvers.ridge.make({ lambda: 1e-9 }),
    ];
    expect(made.map((method) => method.expression)).toEqual(['inverse', 'pseudo-inverse', 'ridge(1e-9)']);
    // LSQR has no matrix: `lsqr.test.ts` tests it on rows.
    expect(Object.keys(solvers)).toHaveLength(made.length + 1);
    const matrix = semidefinite(5, 9, 1);
    const z = randomVector(5, 3);
    for (const method of made)
      expectClose((await solve({ matrix, right: times(matrix, z) }, method)).values, z, 1e-6);
  });
});
