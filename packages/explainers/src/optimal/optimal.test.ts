import {
  coalitions,
  coordinate,
  type Draws,
  dot,
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
  pseudoInverse,
  quadraticScore,
  ridge,
  row,
  singletons,
  square,
  subset,
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
    expect(cost).toEqual({ forward: 20_401, backward: 0 });
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

  it('with fewer random draws than features takes the ridge of least held-out error, which misses fresh draws by less than least norm', async () => {
    const wide = normals('wide', [80]);
    const [a, b] = [normals('a', [80]), normals('b', [80])];
    const bent = functionScore({ shape: [80], value: (at) => dot(at, a) + 3 * Math.sin(dot(at, b)) });
    const few = { draws: 70, fresh: 500 };
    const found = await optimal(gaussian({ sigma: 0.5 }), few)(bent, wide, seed);
    const chosen = await optimal(gaussian({ sigma: 0.5 }), { ...few, solver: ridge() })(bent, wide, seed);
    const exact = await optimal(gaussian({ sigma: 0.5 }), { ...few, solver: pseudoInverse() })(
      bent,
      wide,
      seed,
    );
    expect(found).toMatchObject({ values: chosen.values, diagnosis: chosen.diagnosis });
    expect(Number(found.details?.fresh)).toBeLessThan(0.5 * Number(exact.details?.fresh));
    const enough = await optimal(gaussian({ sigma: 0.5 }), { draws: 80 })(bent, wide, seed);
    expect(enough.diagnosis?.method).toBe('pseudo-inverse');
    const all = await optimal(fixed(normals('moves', [20, 80])))(bent, wide, seed);
    expect(all.diagnosis?.method).toBe('pseudo-inverse');
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
    const found = await optimal(square({ size: 64 }), { draws: 60, solver: pseudoInverse() })(
      mean,
      image,
      seed,
    );
    expect(found.diagnosis).toMatchObject({ form: 'dual', unknowns: 150_528, equations: 60 });
    expect(found.residual).toBeLessThan(1e-6);
  });

  it('refuses systems that no memory holds before it evaluates anything', async () => {
    const shape = [3, 224, 224];
    let evaluated = 0;
    const counted = functionScore({ shape, value: () => evaluated++ });
    const all = optimal(square({ sizes: [1, 10], positions: 'all' }), { solver: inverse() });
    await expect(all(counted, zeros(shape), seed)).rejects.toMatchObject({ code: 'too-large' });
    expect(evaluated).toBe(0);
  });

  it('with response=integrated-gradient has the drops for targets where quadrature is exact', async () => {
    const perturbation = square({ size: 1, positions: 'all' });
    const plain = await optimal(perturbation)(f, x, seed);
    const found = await optimal(perturbation, { response: 'integrated-gradient', steps: 2 })(f, x, seed);
    for (let i = 0; i < d; i++) expect(found.values.data[i]).toBeCloseTo(plain.values.data[i], 9);
    expect(found.details?.gap).toBeLessThan(1e-9);
    expect(found.cost).toEqual({ forward: 5, backward: 8 });
  });

  it('with response=integrated-gradient fits I times the mean gradient from x - I to x, and says how far that is off', async () => {
    const curved = functionScore({
      shape,
      value: ({ data }) => Math.sin(3 * data[0]) * data[1] + data[2] ** 4,
      gradient: ({ data: [a, b, c] }) =>
        tensor([3 * Math.cos(3 * a) * b, Math.sin(3 * a), 4 * c ** 3, 0], shape),
    });
    const deltas = normals('moves', [7, ...shape]);
    const found = await optimal(fixed(deltas), {
      response: 'integrated-gradient',
      steps: 3,
      solver: ridge(0.1),
    })(curved, x, seed);
    // Gauss-Legendre with three points, from tables.
    const nodes = [0.5 - Math.sqrt(0.15), 0.5, 0.5 + Math.sqrt(0.15)];
    const weights = [5 / 18, 8 / 18, 5 / 18];
    const [targets, drops]: number[][] = [[], []];
    for (let k = 0; k < 7; k++) {
      const moved = row(deltas, k).data;
      let sum = 0;
      for (const [i, node] of nodes.entries()) {
        const point = tensor(
          x.data.map((v, j) => v - (1 - node) * moved[j]),
          [1, ...shape],
        );
        const slope = (await curved.gradient(point)).data;
        for (let j = 0; j < d; j++) sum += weights[i] * slope[j] * moved[j];
      }
      targets.push(sum);
      const [whole] = await curved.value(tensor(x.data, [1, ...shape]));
      const [left] = await curved.value(
        tensor(
          x.data.map((v, j) => v - moved[j]),
          [1, ...shape],
        ),
      );
      drops.push(whole - left);
    }
    const at = (k: number, i: number) => deltas.data[k * d + i];
    const sumOver = (of: (k: number) => number) => targets.reduce((sum, _, k) => sum + of(k) / 7, 0);
    const truth = gaussJordan(
      Array.from({ length: d }, (_, i) =>
        Array.from({ length: d }, (_, j) => sumOver((k) => at(k, i) * at(k, j)) + (i === j ? 0.1 : 0)),
      ),
      Array.from({ length: d }, (_, i) => sumOver((k) => at(k, i) * targets[k])),
    );
    for (let i = 0; i < d; i++) expect(found.values.data[i]).toBeCloseTo(truth[i], 9);
    const gap = Math.max(...targets.map((target, k) => Math.abs(target - drops[k])));
    expect(found.details?.gap).toBeCloseTo(gap, 10);
    expect(gap).toBeGreaterThan(1e-4);
  });

  it.each(['global', 'local'] as const)('complete: %s values add up to f(x) - f(baseline)', async (kind) => {
    const explain = optimal(subset({ baseline: 0.3 }), { draws: 40, kind, complete: true, baseline: 0.3 });
    const { values, cost } = await explain(f, x, seed);
    const ends = tensor([...x.data, 0.3, 0.3, 0.3, 0.3], [2, ...shape]);
    const [whole, start] = await f.value(ends);
    const parts = Array.from(values.data, (value, j) =>
      kind === 'global' ? value : value * (x.data[j] - 0.3),
    );
    expect(parts.reduce((a, b) => a + b, 0)).toBeCloseTo(whole - start, 10);
    expect(cost).toEqual({ forward: 40 + 1 + 1 + 20, backward: 0 });
  });

  it('complete: of all coalitions has the Shapley values (Proposition 2.5)', async () => {
    const { values } = await optimal(coalitions({ sampling: 'all' }), { complete: true })(f, x, seed);
    const value = async (set: number) => {
      const kept = x.data.map((v, j) => ((set >> j) & 1 ? v : 0));
      return (await f.value(tensor(kept, [1, ...shape])))[0];
    };
    const sizeOfSet = (set: number) => [0, 1, 2, 3].filter((j) => (set >> j) & 1).length;
    const shares = [1 / 4, 1 / 12, 1 / 12, 1 / 4];
    for (let i = 0; i < d; i++) {
      let shapley = 0;
      for (let set = 0; set < 16; set++) {
        if ((set >> i) & 1) continue;
        shapley += shares[sizeOfSet(set)] * ((await value(set | (1 << i))) - (await value(set)));
      }
      expect(values.data[i]).toBeCloseTo(shapley, 10);
    }
  });

  it('of single coordinates has the difference quotients, and of single features occlusion', async () => {
    const [whole] = await f.value(tensor(x.data, [1, ...shape]));
    const quotients = await optimal(coordinate({ step: 0.1 }))(f, x, seed);
    const drops = await optimal(singletons({ baseline: 0.5 }))(f, x, seed);
    expect([quotients.kind, drops.kind]).toEqual(['local', 'global']);
    for (let i = 0; i < d; i++) {
      const without = async (to: number) =>
        (
          await f.value(
            tensor(
              x.data.map((v, j) => (i === j ? to : v)),
              [1, ...shape],
            ),
          )
        )[0];
      expect(quotients.values.data[i]).toBeCloseTo((whole - (await without(x.data[i] - 0.1))) / 0.1, 8);
      expect(drops.values.data[i]).toBeCloseTo(whole - (await without(0.5)), 10);
    }
  });

  it('measures itself on its own and on fresh draws: less on its own, and with an error that covers the truth', async () => {
    const bumpy = functionScore({
      shape: [8],
      value: ({ data }) => Array.from(data).reduce((sum, v, i) => sum + Math.sin(4 * v + i), 0),
    });
    const at = normals('bumpy', [8]);
    const explain = optimal(gaussian({ sigma: 0.5 }), { draws: 16, fresh: 400 });
    const { values, residual = 0, details = {} } = await explain(bumpy, at, seed);
    expect(details.training).toBe(residual ** 2);
    const n = 20_000;
    const { deltas, inputs } = gaussian({ sigma: 0.5 })(at, fold(seed, 'other'), 0, n);
    const [whole] = await bumpy.value(tensor(at.data, [1, 8]));
    const left = await bumpy.value(inputs);
    let truth = 0;
    for (let k = 0; k < n; k++) {
      const predicted = Array.from(row(deltas, k).data).reduce((sum, v, j) => sum + v * values.data[j], 0);
      truth += (whole - left[k] - predicted) ** 2 / n;
    }
    const [fresh, stderr] = [Number(details.fresh), Number(details.freshStderr)];
    expect(Math.abs(fresh - truth)).toBeLessThan(5 * stderr);
    expect(stderr / fresh).toBeLessThan(0.2);
    expect(Number(details.training)).toBeLessThan(fresh / 2);
    expect(details.freshDraws).toBe(400);
    const none = await optimal(square({ size: 1, positions: 'all' }))(f, x, seed);
    expect(Object.keys(none.details ?? {})).toEqual(['training']);
  });

  it('ridge without lambda says which it took, by held-out infidelity, for each input', async () => {
    const explain = optimal(gaussian({ sigma: 0.5 }), { draws: 40, solver: ridge() });
    const { diagnosis, values } = await explain(f, x, seed);
    const lambda = Number(/^ridge\((.+)\)$/.exec(diagnosis?.method ?? '')?.[1]);
    expect(lambda).toBeGreaterThan(0);
    const same = optimal(gaussian({ sigma: 0.5 }), { draws: 40, solver: ridge(lambda) });
    expect(values).toEqual((await same(f, x, seed)).values);
  });

  it('solves systems that no memory holds by iteration', async () => {
    const wide = functionScore({
      shape: [1, 130, 130],
      value: ({ data }) => data[5] + 2 * data[8000] - data[16_000],
    });
    const image = tensor(Float32Array.from(normals('wide', [16_900]).data), [1, 130, 130]);
    const { values, diagnosis } = await optimal(square({ size: 1, positions: 'all' }))(wide, image, seed);
    expect(diagnosis).toMatchObject({ form: 'iterative', unknowns: 16_900, equations: 16_900 });
    for (const [j, factor] of [
      [5, 1],
      [8000, 2],
      [16_000, -1],
      [9, 0],
    ])
      expect(values.data[j]).toBeCloseTo(factor * image.data[j], 6);
  });

  it('refuses options that do not go together', () => {
    const noise = gaussian({ sigma: 1 });
    const wrong = expect.objectContaining({ code: 'option-value' });
    expect(() => optimal(noise, { kind: 'global' })).toThrow(wrong);
    expect(() => optimal(noise, { steps: 3 })).toThrow(wrong);
    expect(() => optimal(noise, { baseline: 1 })).toThrow(wrong);
    expect(() => optimal(square({ size: 1, positions: 'all' }), { fresh: 5 })).toThrow(wrong);
  });

  it('shows itself as an expression', () => {
    expect(optimal(square({ sizes: [1, 10], positions: 'all' }), { solver: ridge(1e-3) }).expression).toBe(
      'optimal(square(sizes=[1,10], positions=all), solver=ridge(0.001))',
    );
  });
});
