import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { square } from '../perturb/square.js';
import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { boxRows } from '../rows/boxes.js';
import { denseRows } from '../rows/dense.js';
import { plainProducts } from '../rows/products.js';
import { type Shape, sizeOf, type Tensor, tensor } from '../tensor/tensor.js';
import { factorDual } from './dual.js';
import type { Equations } from './equations.js';
import { factorPrimal } from './primal.js';
import { type Block, fitter, leastSquares, regress } from './regress.js';
import { inverse, pseudoInverse, ridge } from './solver.js';

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
    weights: randomVector(n, seed + 2).map(Math.abs),
  };
}

function equationsOf(blocks: Block[], normal?: Float64Array): Equations {
  const count = blocks.reduce((sum, { rows }) => sum + rows.n, 0);
  const totalWeight = blocks.reduce(
    (sum, { rows, weights }) => sum + (weights?.reduce((a, b) => a + b, 0) ?? rows.n),
    0,
  );
  return { blocks, unknowns: blocks[0].rows.d, count, totalWeight, normal };
}

const joined = (blocks: readonly Block[]): Float64Array =>
  Float64Array.from(blocks.flatMap(({ targets }) => [...targets]));

function expectClose(got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(expected.length);
  const most = Math.max(...Array.from(expected, Math.abs));
  expect(Math.max(...Array.from(got, (value, i) => Math.abs(value - expected[i]))) / most).toBeLessThan(
    tolerance,
  );
}

describe('primal and dual', () => {
  const sizes = fc.tuple(
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 1, max: 9 }),
    fc.integer({ min: 2, max: 12 }),
  );

  it('agree for every shape, with weights, in blocks, with a constraint or without', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, fc.nat(1000), fc.boolean(), async ([n, m, d], seed, constrained) => {
        const blocks = [blockOf(n, d, seed), blockOf(m, d, seed + 50)];
        const constraint = constrained ? { normal: randomVector(d, seed + 99), value: -2 } : undefined;
        const equations = equationsOf(blocks, constraint?.normal);
        const targets = joined(blocks);
        for (const [method, tolerance] of [
          [ridge(1e-2), 1e-9],
          [pseudoInverse({ rcond: 1e-9 }), 1e-4],
        ] as const) {
          const [primal, dual] = [
            (await (await factorPrimal(equations, plainProducts))(method)).solve(targets, constraint?.value),
            (await (await factorDual(equations, plainProducts))(method)).solve(targets, constraint?.value),
          ];
          expectClose(dual, primal, tolerance);
          const chosen = await leastSquares({ blocks, constraint }, method, plainProducts);
          expectClose(chosen.values, primal, tolerance);
          if (constraint === undefined) continue;
          const met = dual.reduce((sum, z, j) => sum + z * constraint.normal[j], 0);
          expect(met).toBeCloseTo(-2, 8);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('of many unknowns, whose matrix is built in parts, solve what the definition says', async () => {
    const block = blockOf(330, 301, 9);
    const matrix = block.rows.dense().data;
    const { values } = await regress([block], ridge(0.5), plainProducts);
    const weights = block.weights ?? new Float64Array();
    const total = weights.reduce((a, b) => a + b, 0);
    const missed = block.rows.times(tensor(values, [301])).map((fitted, i) => block.targets[i] - fitted);
    // At the minimum the gradient AᵀW(v - Az)/w - lambda·z is 0.
    for (let j = 0; j < 301; j++) {
      let slope = 0;
      for (let i = 0; i < 330; i++) slope += (matrix[i * 301 + j] * weights[i] * missed[i]) / total;
      expect(Math.abs(slope - 0.5 * values[j])).toBeLessThan(1e-12);
    }
  });

  it('are chosen by the number of equations', async () => {
    const form = async (n: number) => (await regress([blockOf(n, 6, 1)], ridge(1), plainProducts)).diagnosis;
    expect(await form(5)).toMatchObject({ form: 'dual', unknowns: 6, equations: 5 });
    expect(await form(6)).toMatchObject({ form: 'primal', unknowns: 6, equations: 6 });
  });
});

describe('fitter', () => {
  it.each([4, 9])('of %d equations of 5 unknowns fits any targets as a regression of its own', async (n) => {
    const normal = randomVector(5, 3);
    const { fit, solve } = await fitter(
      { blocks: [blockOf(n, 5, 1), blockOf(2, 5, 2)], normal },
      ridge(0.1),
      plainProducts,
    );
    for (const seed of [7, 8]) {
      const blocks = [
        { ...blockOf(n, 5, 1), targets: randomVector(n, seed) },
        { ...blockOf(2, 5, 2), targets: randomVector(2, seed) },
      ];
      const constraint = { normal, value: seed };
      const alone = await leastSquares({ blocks, constraint }, ridge(0.1), plainProducts);
      expect(fit(joined(blocks), seed)).toEqual(alone);
      expect(solve(joined(blocks), seed)).toEqual(alone.values);
    }
  });

  it('refuses targets that do not fit or are not finite', async () => {
    const { fit } = await fitter({ blocks: [blockOf(4, 3, 1)] }, ridge(1), plainProducts);
    expect(() => fit(new Float64Array(5))).toThrow('4 elements');
    expect(() => fit(Float64Array.of(1, 1, 1, Number.NaN))).toThrow('NaN at element 3');
  });
});

describe('regress', () => {
  it('finds the vector behind targets without noise, whatever the weights', async () => {
    const z = randomVector(5, 1);
    const block = blockOf(20, 5, 2);
    const targets = block.rows.times(tensor(z, [5]));
    const { values, residual } = await regress([{ ...block, targets }], inverse(), plainProducts);
    expectClose(values, z, 1e-10);
    expect(residual).toBeLessThan(1e-10);
  });

  it('leaves a residual that no small step makes smaller', async () => {
    const block = blockOf(20, 5, 3);
    const { values, residual } = await regress([block], inverse(), plainProducts);
    const residualAt = (z: Float64Array) => {
      const fitted = block.rows.times(tensor(z, [5]));
      const weights = block.weights ?? new Float64Array();
      const total = weights.reduce((a, b) => a + b, 0);
      return Math.sqrt(
        fitted.reduce((sum, f, i) => sum + weights[i] * (block.targets[i] - f) ** 2, 0) / total,
      );
    };
    expect(residual).toBeCloseTo(residualAt(values), 12);
    for (let j = 0; j < 5; j++) {
      for (const step of [-1e-3, 1e-3]) {
        expect(residualAt(values.map((z, i) => (i === j ? z + step : z)))).toBeGreaterThan(residual);
      }
    }
  });

  it('treats a weight of 2 as the equation twice, and 0 as never', async () => {
    const [a, b] = [blockOf(4, 3, 1), blockOf(5, 3, 7)];
    const once = { rows: a.rows, targets: a.targets };
    const never = { ...b, weights: new Float64Array(5) };
    const twice = await regress(
      [once, once, { rows: b.rows, targets: b.targets }],
      ridge(0.1),
      plainProducts,
    );
    const weighted = await regress(
      [
        { ...once, weights: new Float64Array(4).fill(2) },
        { ...b, weights: new Float64Array(5).fill(1) },
        never,
      ],
      ridge(0.1),
      plainProducts,
    );
    expectClose(weighted.values, twice.values, 1e-12);
    expect(weighted.residual).toBeCloseTo(twice.residual, 12);
  });

  it('refuses an inverse where the equations leave unknowns free, counting the constraint as one', async () => {
    const blocks = [blockOf(4, 5, 1)];
    await expect(regress(blocks, inverse(), plainProducts)).rejects.toThrow(
      'expected a system of rank 5, got rank 4',
    );
    const constraint = { normal: randomVector(5, 9), value: 1 };
    const { values, residual } = await leastSquares({ blocks, constraint }, inverse(), plainProducts);
    expect(values.reduce((sum, z, j) => sum + z * constraint.normal[j], 0)).toBeCloseTo(1, 8);
    expect(residual).toBeLessThan(1e-6);
  });

  it('refuses bad weights, targets and shapes', async () => {
    const block = blockOf(4, 3, 1);
    const run = (change: Partial<Block>) => regress([{ ...block, ...change }], ridge(1), plainProducts);
    await expect(run({ weights: Float64Array.of(1, 1, 1, -1) })).rejects.toThrow('at least 0');
    await expect(run({ weights: new Float64Array(4) })).rejects.toThrow('positive weight');
    await expect(run({ weights: new Float64Array(3) })).rejects.toThrow('4 elements');
    await expect(run({ targets: Float64Array.of(1, Number.NaN, 1, 1) })).rejects.toThrow('NaN at element 1');
    await expect(run({ targets: new Float64Array(5) })).rejects.toThrow('4 elements');
    await expect(regress([], ridge(1), plainProducts)).rejects.toThrow('positive weight');
  });

  it('solves boxes on a large image without a matrix, and interpolates', async () => {
    const shape = [3, 64, 64];
    const x = tensor(new Float64Array(sizeOf(shape)).fill(1), shape);
    const { masks } = square({ sizes: [4, 7], positions: 'all', stride: 7 })(x, key(1), 0, 300);
    expect(masks).toBeDefined();
    if (masks === undefined) return;
    const targets = randomVector(300, 4);
    const { values, residual, diagnosis } = await regress(
      [{ rows: masks, targets }],
      pseudoInverse(),
      plainProducts,
    );
    expect(values).toHaveLength(12288);
    expect(residual).toBeLessThan(1e-8);
    expect(diagnosis).toMatchObject({ form: 'dual', equations: 300, unknowns: 12288, rank: 300 });
  });

  it('takes the same box twice: a dual system without full rank', async () => {
    const boxes = Int32Array.of(0, 2, 0, 2, 0, 2, 0, 2, 1, 3, 1, 3);
    const rows = boxRows({ shape: [4, 4], boxes });
    const { values, diagnosis, residual } = await regress(
      [{ rows, targets: Float64Array.of(1, 3, 2) }],
      pseudoInverse(),
      plainProducts,
    );
    expect(diagnosis).toMatchObject({ form: 'dual', rank: 2 });
    expect(Array.from(rows.times(tensor(values, [16])))).toEqual([2, 2, 2].map((v) => expect.closeTo(v, 10)));
    expect(residual).toBeCloseTo(Math.sqrt(2 / 3), 10);
  });
});

const cases = new URL('../../../../../shared/oracle/mlp_relu_dev/cases.json', import.meta.url);

describe.skipIf(!existsSync(cases))('numbers of other programs (needs ../shared/oracle)', () => {
  const oracle: Oracle = existsSync(cases)
    ? JSON.parse(readFileSync(cases, 'utf8'))
    : { tensors: {}, cases: [] };

  it.each(oracle.cases.filter(({ method }) => method === 'optimal_explanation'))(
    '$id',
    async ({ params, expected }) => {
      const rows = denseRows(decode(oracle.tensors[params.perturbations]));
      const targets = Float64Array.from(decode(expected.v as Encoded).data);
      const least = await regress([{ rows, targets }], pseudoInverse(), plainProducts);
      expectClose(least.values, expected.pinv as number[], 1e-6);
      expect(least.residual ** 2).toBeCloseTo(expected.infidelity_of_pinv as number, 7);
      const ridged = await regress([{ rows, targets }], ridge(1e-3), plainProducts);
      expectClose(ridged.values, expected['ridge_1e-3'] as number[], 1e-6);
    },
  );

  it.each(oracle.cases.filter(({ method }) => method === 'shap_regression'))(
    '$id',
    async ({ params, expected }) => {
      const rows = denseRows(decode(oracle.tensors[params.masks]));
      const targets = Float64Array.from(decode(expected.v as Encoded).data);
      for (const kernel of ['authors', 'prop25']) {
        const weights = Float64Array.from(decode(expected[`${kernel}_weights`] as Encoded).data);
        const { values } = await regress([{ rows, targets, weights }], pseudoInverse(), plainProducts);
        expectClose(values, expected[kernel] as number[], 1e-6);
      }
    },
  );
});

interface Encoded {
  readonly dtype: 'float32' | 'uint8';
  readonly shape: number[];
  readonly b64: string;
}

interface Oracle {
  readonly tensors: Record<string, Encoded>;
  readonly cases: readonly {
    readonly id: string;
    readonly method: string;
    readonly params: Record<string, string>;
    readonly expected: Record<string, number | number[] | Encoded>;
  }[];
}

function decode({ dtype, shape, b64 }: Encoded): Tensor {
  const bytes = Uint8Array.from(Buffer.from(b64, 'base64'));
  return tensor(Float64Array.from(dtype === 'uint8' ? bytes : new Float32Array(bytes.buffer)), shape);
}
