import {
  type Draws,
  fixed,
  fold,
  functionScore,
  gaussian,
  inverse,
  type Key,
  key,
  named,
  type Perturbation,
  plainProducts,
  quadraticScore,
  ridge,
  row,
  square,
  type Tensor,
  tensor,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { optimal } from './optimal.js';

const seed = key(8);
const normals = normalsOf(seed);

/** Solves M·z = r by Gauss-Jordan with row exchanges. */
function gaussJordan(matrix: readonly (readonly number[])[], right: readonly number[]): number[] {
  const m = matrix.map((line, i) => [...line, right[i]]);
  for (let c = 0; c < m.length; c++) {
    const pivot = m
      .slice(c)
      .reduce((best, line, i) => (Math.abs(line[c]) > Math.abs(m[best][c]) ? c + i : best), c);
    [m[c], m[pivot]] = [m[pivot], m[c]];
    for (let r = 0; r < m.length; r++) {
      if (r === c) continue;
      const factor = m[r][c] / m[c][c];
      m[r] = m[r].map((v, j) => v - factor * m[c][j]);
    }
  }
  return m.map((line, i) => line[m.length] / line[i]);
}

describe('optimal', () => {
  const shape = [2, 2];
  const d = 4;
  const x = normals('x', shape);
  const f = quadraticScore(normals('A', [d, d]), normals('w', shape));

  it('solves the weighted normal equations of its draws, plain and with ridge', async () => {
    const [n, lambda] = [20, 0.1];
    const deltas = normals('deltas', [n, ...shape]);
    const weights = Float64Array.from({ length: n }, (_, i) => 0.5 + (i % 3));
    const stored = fixed(deltas);
    const weighted: Perturbation = named(
      (at: Tensor, k: Key, from: number, to: number): Draws => ({
        ...stored(at, k, from, to),
        weights: weights.slice(from, to),
      }),
      { expression: 'weighted', masks: false, count: () => n },
    );
    const [whole] = await f.value(tensor(x.data, [1, ...shape]));
    const values = await f.value(
      tensor(
        deltas.data.map((delta, i) => x.data[i % d] - delta),
        [n, ...shape],
      ),
    );
    const total = weights.reduce((a, b) => a + b);
    const mean = (of: (k: number) => number) =>
      weights.reduce((sum, weight, k) => sum + weight * of(k), 0) / total;
    const at = (k: number, i: number) => deltas.data[k * d + i];
    for (const [solver, added] of [
      [inverse(), 0],
      [undefined, 0],
      [ridge(lambda), lambda],
    ] as const) {
      const gram = Array.from({ length: d }, (_, i) =>
        Array.from({ length: d }, (_, j) => mean((k) => at(k, i) * at(k, j)) + (i === j ? added : 0)),
      );
      const right = Array.from({ length: d }, (_, i) => mean((k) => at(k, i) * (whole - values[k])));
      const truth = gaussJordan(gram, right);
      const found = await optimal(weighted, { solver })(f, x, seed);
      expect(found.kind).toBe('local');
      for (let i = 0; i < d; i++) expect(found.values.data[i]).toBeCloseTo(truth[i], 10);
      const missed = mean(
        (k) => (whole - values[k] - truth.reduce((sum, z, i) => sum + z * at(k, i), 0)) ** 2,
      );
      expect(found.residual).toBeCloseTo(Math.sqrt(missed), 10);
      expect(found.diagnosis).toMatchObject({ form: 'primal', unknowns: d, equations: n, rank: d });
    }
  });

  it('tends to the gradient of a quadratic under gaussian noise: odd moments vanish', async () => {
    const { values, cost } = await optimal(gaussian({ sigma: 0.5 }), { draws: 20_000 })(f, x, seed);
    const gradient = row(await f.gradient(tensor(x.data, [1, ...shape])), 0);
    for (let i = 0; i < d; i++) expect(Math.abs(values.data[i] - gradient.data[i])).toBeLessThan(0.05);
    expect(cost).toEqual({ forward: 20_001, backward: 0 });
  });

  it('takes ten draws for each feature by default, at least 1000', async () => {
    const { diagnosis } = await optimal(gaussian({ sigma: 0.5 }))(f, x, seed);
    expect(diagnosis?.equations).toBe(1000);
    const wide = normals('wide', [150]);
    const found = await optimal(gaussian({ sigma: 0.5 }))(
      functionScore({ shape: [150], value: () => 1 }),
      wide,
      seed,
    );
    expect(found.diagnosis?.equations).toBe(1500);
  });

  it('uses the products of the score', async () => {
    let calls = 0;
    const products = {
      ...plainProducts,
      transposeTimes: (a: Tensor, b: Tensor) => {
        calls++;
        return plainProducts.transposeTimes(a, b);
      },
    };
    const plain = await optimal(gaussian({ sigma: 0.5 }), { draws: 50 })(f, x, seed);
    const fast = await optimal(gaussian({ sigma: 0.5 }), { draws: 50 })({ ...f, products }, x, seed);
    expect(fast).toEqual(plain);
    expect(calls).toBe(1);
  });

  it('factorises a fixed design once for all inputs of a shape, without changing any number', async () => {
    const f = functionScore({
      shape: [1, 6, 6],
      value: ({ data }) => Array.from(data).reduce((sum, v, i) => sum + i * v ** 2, 0),
    });
    let products = 0;
    const counting = {
      ...plainProducts,
      transposeTimes: (a: Tensor, b: Tensor) => {
        products++;
        return plainProducts.transposeTimes(a, b);
      },
    };
    const squares = () => optimal(square({ sizes: [1, 3], positions: 'all' }), { solver: ridge(1e-3) });
    const explain = squares();
    const images = [1, 2, 3].map((i) => normals(`image ${i}`, [1, 6, 6]));
    const kept = await Promise.all(images.map((image) => explain({ ...f, products: counting }, image, seed)));
    kept.push(await explain({ ...f, products: counting }, images[0], fold(seed, 1)));
    expect(products).toBe(1);
    const alone = await Promise.all(images.map((image) => squares()(f, image, seed)));
    expect(kept.slice(0, 3)).toEqual(alone);
    expect(kept[3].values).toEqual(kept[0].values);

    const single = tensor(Float32Array.from(images[0].data), [1, 6, 6]);
    await explain({ ...f, products: counting }, single, seed);
    expect(products).toBe(2);
  });

  it('tries again to factorise a fixed design where that failed', async () => {
    let failures = 1;
    const products = {
      ...plainProducts,
      transposeTimes: async (a: Tensor, b: Tensor) => {
        if (failures-- > 0) throw new Error('no memory');
        return plainProducts.transposeTimes(a, b);
      },
    };
    const explain = optimal(square({ sizes: [1, 2], positions: 'all' }));
    const f = functionScore({ shape: [3, 3], value: ({ data }) => data[4] });
    const x = normals('x', [3, 3]);
    await expect(explain({ ...f, products }, x, seed)).rejects.toThrow('no memory');
    expect((await explain({ ...f, products }, x, seed)).residual).toBeLessThan(1e-9);
  });

  it('with stored deltas gives each input what it gets alone, in any order', async () => {
    const of = functionScore({ shape: [4], value: ({ data }) => data[0] * data[1] + data[2] * data[3] });
    const moves = normals('moves', [30, 4]);
    for (let i = 3; i < 120; i += 4) moves.data[i] = moves.data[i - 1];
    const stored = () => optimal(fixed(tensor(Float32Array.from(moves.data), [30, 4])));
    const inputs = [1, 500].map((size) => tensor(Float32Array.of(size, 0.1, size / 3, -0.7), [4]));
    const alone = [];
    for (const input of inputs) alone.push(await stored()(of, input, seed));
    const explain = stored();
    for (const i of [1, 0, 1]) expect(await explain(of, inputs[i], seed)).toEqual(alone[i]);
    expect(alone.map(({ diagnosis }) => diagnosis?.rank)).toEqual([3, 3]);
  });

  it('with square masks explains a sum over pixels, sharing each pixel equally among channels', async () => {
    const image = normals('image', [3, 6, 6]);
    const sum = functionScore({
      shape: [3, 6, 6],
      value: ({ data }) => Array.from(data).reduce((a, b) => a + b, 0),
    });
    const { values, kind, residual } = await optimal(square({ sizes: [1, 3], positions: 'all' }))(
      sum,
      image,
      seed,
    );
    expect(kind).toBe('global');
    expect(residual).toBeLessThan(1e-9);
    for (let i = 0; i < 36; i++) {
      const pixel = (image.data[i] + image.data[36 + i] + image.data[72 + i]) / 3;
      for (const channel of [0, 36, 72]) expect(values.data[channel + i]).toBeCloseTo(pixel, 9);
    }
  });

  it('explains 224 x 224 x 3 features from squares in the dual form, fitting every draw', async () => {
    const shape = [3, 224, 224];
    const image = tensor(new Float32Array(normals('photo', shape).data), shape);
    const mean = functionScore({ shape, value: ({ data }) => data[1000] + data[75_000] * 2 + data[25_000] });
    const found = await optimal(square({ size: 64 }), { draws: 60 })(mean, image, seed);
    expect(found.diagnosis).toMatchObject({ form: 'dual', unknowns: 150_528, equations: 60 });
    expect(found.residual).toBeLessThan(1e-6);
  });

  it('refuses systems that no memory holds before it evaluates anything', async () => {
    const shape = [3, 224, 224];
    let evaluated = 0;
    const counted = functionScore({ shape, value: () => evaluated++ });
    const all = optimal(square({ sizes: [1, 10], positions: 'all' }));
    await expect(all(counted, zeros(shape), seed)).rejects.toMatchObject({ code: 'too-large' });
    expect(evaluated).toBe(0);
  });

  it('shows itself as an expression', () => {
    expect(optimal(square({ sizes: [1, 10], positions: 'all' }), { solver: ridge(1e-3) }).expression).toBe(
      'optimal(square(sizes=[1,10], positions=all), solver=ridge(0.001))',
    );
  });
});
