import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { square } from '../perturb/square.js';
import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { denseRows } from '../rows/dense.js';
import { plainProducts } from '../rows/products.js';
import { type Shape, sizeOf, type Tensor, tensor } from '../tensor/tensor.js';
import { factor } from './factor.js';
import { type Block, chooseSolver, leastSquares, regress } from './regress.js';
import { lsqr, pseudoInverse, ridge } from './solver.js';

function randomTensor(shape: Shape, seed: number): Tensor {
  const data = new Float64Array(sizeOf(shape));
  stream(key(seed)).fillNormal(data);
  return tensor(data, shape);
}

const randomVector = (n: number, seed: number): Float64Array =>
  Float64Array.from(randomTensor([n], seed).data);

function blockOf(n: number, d: number, seed: number): Block {
  return {
    rows: denseRows(randomTensor([n, d], seed)),
    targets: randomVector(n, seed + 1),
    weights: randomVector(n, seed + 2).map((value) => 0.2 + Math.abs(value)),
  };
}

const largestGap = (a: Float64Array, b: Float64Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

describe('lsqr', () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 2, max: 12 }));

  it('has the solutions of the pseudo-inverse and of ridge, with weights, blocks and a constraint', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(1000), fc.boolean(), async ([n, d], seed, constrained) => {
        const blocks = [blockOf(n, d, seed), blockOf(2, d, seed + 50)];
        const constraint = constrained ? { normal: randomVector(d, seed + 99), value: -2 } : undefined;
        const problem = { blocks, constraint };
        for (const [iterated, stored, tolerance] of [
          [lsqr({ lambda: 0.05 }), ridge(0.05), 1e-6],
          [lsqr({ tolerance: 1e-13 }), pseudoInverse(), 1e-4],
        ] as const) {
          const found = await leastSquares(problem, iterated, plainProducts);
          const truth = await leastSquares(problem, stored, plainProducts);
          if (truth.diagnosis.condition > 1e6) continue;
          const size = Math.max(1, ...truth.values.map(Math.abs));
          expect(largestGap(found.values, truth.values) / size).toBeLessThan(tolerance);
          expect(found.residual).toBeCloseTo(truth.residual, 6);
          expect(found.diagnosis).toMatchObject({ form: 'iterative', unknowns: d, equations: n + 2 });
        }
      }),
      { numRuns: 60 },
    );
  });

  it('says how many steps it took and how accurate it is, and its condition is that of the system, from below', async () => {
    const blocks = [blockOf(60, 12, 3)];
    const { diagnosis } = await leastSquares({ blocks }, lsqr(), plainProducts);
    const truth = await leastSquares({ blocks }, pseudoInverse(), plainProducts);
    expect(diagnosis.rank).toBeLessThanOrEqual(14);
    expect(diagnosis.accuracy).toBeLessThan(1e-8);
    expect(diagnosis.condition / truth.diagnosis.condition).toBeGreaterThan(0.9);
    expect(diagnosis.condition / truth.diagnosis.condition).toBeLessThan(1.01);
    const short = await leastSquares({ blocks }, lsqr({ steps: 3 }), plainProducts);
    expect(short.diagnosis.rank).toBe(3);
    expect(short.diagnosis.accuracy).toBeGreaterThan(1e-8);
  });

  it('fits targets of zeros by zeros, and refuses a matrix', async () => {
    const { rows } = blockOf(4, 3, 1);
    const { values } = await regress([{ rows, targets: new Float64Array(4) }], lsqr(), plainProducts);
    expect([...values]).toEqual([0, 0, 0]);
    const matrix = tensor([1, 0, 0, 1], [2, 2]);
    await expect(factor({ matrix }, lsqr(), plainProducts)).rejects.toMatchObject({ code: 'not-applicable' });
  });

  it('takes the place of the pseudo-inverse for systems that do not fit into memory', async () => {
    const shape = [130, 130];
    const p = square({ size: 1, positions: 'all' });
    const x = randomTensor(shape, 1);
    const { masks } = p(x, key(0), 0, 16_900);
    if (masks === undefined) throw new Error('no masks');
    const truth = randomTensor(shape, 2);
    const targets = masks.times(truth);
    const { values, diagnosis } = await regress([{ rows: masks, targets }], pseudoInverse(), plainProducts);
    expect(diagnosis).toMatchObject({ method: 'pseudo-inverse', form: 'iterative', unknowns: 16_900 });
    expect(largestGap(values, Float64Array.from(truth.data))).toBeLessThan(1e-9);
  });
});

describe('the dual form', () => {
  it('takes equal rows for one equation with the weights of all: full rank, and the same solution', async () => {
    const { rows, targets, weights = new Float64Array() } = blockOf(4, 9, 7);
    const again = tensor([...rows.dense().data, ...rows.dense().data.subarray(9, 27)], [6, 9]);
    const doubled = {
      rows: denseRows(again),
      targets: Float64Array.of(...targets, 5, -3),
      weights: Float64Array.of(...weights, 0.7, 0),
    };
    const found = await regress([doubled], pseudoInverse(), plainProducts);
    expect(found.diagnosis).toMatchObject({ form: 'dual', equations: 6, rank: 4 });
    const merged = weights.slice();
    merged[1] += 0.7;
    const means = targets.slice();
    means[1] = (weights[1] * targets[1] + 0.7 * 5) / merged[1];
    const alone = await regress([{ rows, targets: means, weights: merged }], pseudoInverse(), plainProducts);
    expect(largestGap(found.values, alone.values)).toBeLessThan(1e-10);
  });
});

describe('ridge without lambda', () => {
  /** 30 noisy equations of 25 unknowns, in two blocks. */
  const noisy = (noise: number) => {
    const truth = randomVector(25, 4);
    return [10, 20].map((n, i) => {
      const rows = denseRows(randomTensor([n, 25], 20 + i));
      const errors = randomVector(n, 30 + i);
      const targets = rows.times(tensor(truth, [25])).map((value, k) => value + noise * errors[k]);
      return { rows, targets, weights: Float64Array.from({ length: n }, (_, k) => 1 + (k % 3)) };
    });
  };

  it('takes the lambda of least weighted error on every fifth equation, fitted on the others', async () => {
    for (const noise of [0.01, 3]) {
      const blocks = noisy(noise);
      const chosen = await chooseSolver({ blocks }, ridge(), plainProducts);
      const lambdaOf = (expression: string) => Number(/ridge\((.*)\)/.exec(expression)?.[1]);
      const all = blocks.flatMap(({ rows, targets, weights }) =>
        Array.from({ length: rows.n }, (_, i) => ({
          row: rows.dense().data.subarray(25 * i, 25 * (i + 1)),
          target: targets[i],
          weight: weights[i],
        })),
      );
      const fitted = all.filter((_, i) => i % 5 !== 4);
      const held = all.filter((_, i) => i % 5 === 4);
      const errorOf = async (lambda: number) => {
        const { values } = await regress(
          [
            {
              rows: denseRows(
                tensor(
                  fitted.flatMap(({ row }) => [...row]),
                  [fitted.length, 25],
                ),
              ),
              targets: Float64Array.from(fitted, ({ target }) => target),
              weights: Float64Array.from(fitted, ({ weight }) => weight),
            },
          ],
          ridge(lambda),
          plainProducts,
        );
        return held.reduce((sum, { row, target, weight }) => {
          const guess = values.reduce((dot, value, j) => dot + value * row[j], 0);
          return sum + weight * (target - guess) ** 2;
        }, 0);
      };
      const lambda = lambdaOf(chosen.expression);
      const best = await errorOf(lambda);
      for (const factor of [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 10, 100, 1e3, 1e4, 1e5]) {
        const other = lambda * factor;
        // Of the six only those from 1e-6 to 0.1 of the largest eigenvalue, which is between 1 and 10 here.
        if (other < 1e-5 || other > 0.09) continue;
        expect(await errorOf(other)).toBeGreaterThanOrEqual(best * (1 - 1e-9));
      }
      const used = await leastSquares({ blocks }, ridge(), plainProducts);
      expect(used).toEqual(await leastSquares({ blocks }, ridge(lambda), plainProducts));
    }
  });

  it('takes more for noisier targets, and cannot solve what has no targets', async () => {
    const lambdas = await Promise.all(
      [0.001, 10].map(async (noise) =>
        Number(
          /ridge\((.*)\)/.exec(
            (await chooseSolver({ blocks: noisy(noise) }, ridge(), plainProducts)).expression,
          )?.[1],
        ),
      ),
    );
    expect(lambdas[1]).toBeGreaterThan(lambdas[0]);
    expect(ridge().expression).toBe('ridge');
    const matrix = tensor([1, 0, 0, 1], [2, 2]);
    await expect(factor({ matrix }, ridge(), plainProducts)).rejects.toMatchObject({ code: 'option-value' });
  });
});
