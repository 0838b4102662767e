import {
  classifierScore,
  featureValues,
  key,
  linearClassifier,
  type Score,
  tensor,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { cfx } from './cfx.js';
import { type ChangeSearch, searchChange } from './search.js';
import { unitsOf } from './units.js';

const seed = key(6);
const normals = normalsOf(seed);
const d = 5;
const slope = [1, -3, 0.5, 2, 0];
const x = tensor([0.2, -0.4, 1, 0.1, 3], [d]);
/** Two classes whose margin at x is 2, or another number, and has this slope. */
const start = slope.reduce((sum, v, i) => sum + v * x.data[i], 0);
const linear = (bounds?: readonly [number, number], margin = 2) =>
  linearClassifier(tensor([...slope, ...zeros([d]).data], [2, d]), tensor([margin - start, 0], [2]), {
    target: 0,
    ...(bounds && { bounds }),
  });

const close = (found: ArrayLike<number>, expected: readonly number[], within: number) => {
  expected.forEach((value, i) => {
    expect(Math.abs(found[i] - value), `${[...Array.from(found)]}`).toBeLessThan(within);
  });
};

describe('cfx of a linear margin', () => {
  it('by l1 changes the element of the largest slope only, up to the plane', async () => {
    const { values, details, kind } = await cfx()(linear(), x, seed);
    close(values.data, [0, 2 / 3, 0, 0, 0], 1e-3);
    expect(kind).toBe('ranking');
    expect(details?.changed).toBe(1);
    expect(details?.margin).toBeLessThan(0);
    expect(details?.distance).toBeCloseTo(2 / 3, 3);
  });

  it('by l1 within bounds fills up the elements of the largest slopes one after the other', async () => {
    const { values } = await cfx()(linear([-0.5, 3]), x, seed);
    close(values.data, [0, 2 / 3, 0, 0, 0], 1e-3);
    const inside = tensor([0, -0.4, 0, 0, 0], [d]);
    const margin = slope.reduce((sum, v, i) => sum + v * inside.data[i], 4 - start);
    const found = await cfx()(linear([-1, 0], 4), inside, seed);
    close(found.values.data, [0, 0.4, 0, (margin - 3 * 0.4) / 2, 0], 2e-3);
  });

  it('by l2 is the projection onto the plane', async () => {
    const { values } = await cfx({ distance: 'l2', most: d })(linear(), x, seed);
    const square = slope.reduce((sum, v) => sum + v * v, 0);
    close(
      values.data,
      slope.map((v) => Math.abs((2 * v) / square)),
      0.02,
    );
  });

  it('measures changes by the median absolute deviation of the background, and keeps what never varies', async () => {
    const rows = [
      [0, 0, 0, 0, 0],
      [1, 0, 1, 8, 1],
      [-1, 0, -1, -8, -1],
    ];
    // Units 1, 0, 1, 8, 1: the fourth element has the largest slope by its unit, the second cannot change.
    const { values } = await cfx({ background: tensor(rows.flat(), [3, d]) })(linear(), x, seed);
    close(values.data, [0, 0, 0, 2 / 16, 0], 1e-3);
    expect([...unitsOf('test', tensor([0, 0, 0, 4], [4, 1]), [1])]).toEqual([1]);
    expect(() => unitsOf('test', tensor([0, 0], [1, 2]), [2])).toThrow(
      expect.objectContaining({ code: 'tensor-shape' }),
    );
  });

  it('reaches a target, and refuses that of the score', async () => {
    // As the second element rises by t, the classes have 2 - 3t, 0 and 6t - 5.
    const three = linearClassifier(
      tensor([...slope, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0], [3, d]),
      tensor([2 - start, 0, -5 - 6 * x.data[1]], [3]),
      { target: 0 },
    );
    close((await cfx()(three, x, seed)).values.data, [0, 2 / 3, 0, 0, 0], 1e-3);
    close((await cfx({ target: 2 })(three, x, seed)).values.data, [0, 5 / 6, 0, 0, 0], 1e-3);
    await expect(cfx({ target: 0 })(three, x, seed)).rejects.toMatchObject({ code: 'option-value' });
  });
});

/** Class 0 holds while the input is inside of a curved region. */
const w = normals('w', [12]);
const curved = classifierScore(
  {
    shape: [3, 4],
    count: 2,
    logits: ({ data }) => [2 + Array.from(data).reduce((sum, v, i) => sum + Math.tanh(v * w.data[i]), 0), 0],
    pullback: ({ data }, weights) =>
      tensor(
        Float64Array.from(data, (v, i) => (weights[0] * w.data[i]) / Math.cosh(v * w.data[i]) ** 2),
        [3, 4],
      ),
  },
  { target: 0 },
);
const at = tensor(
  w.data.map((v) => Math.sign(v) * 0.3),
  [3, 4],
);

async function marginAt(f: Score, point: Float64Array): Promise<number> {
  const margin = await f.with?.({ link: 'margin' });
  return (await margin?.value(tensor(point, [1, 3, 4])))?.[0] ?? Number.NaN;
}

describe('cfx of a curved margin', () => {
  it('with a limit changes that many features at most, and says so where these do not suffice', async () => {
    const free = await cfx()(curved, at, seed);
    const count = Number(free.details?.changed);
    expect(count).toBeGreaterThan(2);
    const { details } = await cfx({ most: count })(curved, at, seed);
    expect(details?.changed).toBeLessThanOrEqual(count);
    await expect(cfx({ most: 1 })(curved, at, seed)).rejects.toMatchObject({
      code: 'not-applicable',
      diagnosis: { expected: 'a counterfactual that changes at most 1 of 12 features' },
    });
  });

  it('has a number for each feature, the sum of its changes', async () => {
    const labels = tensor(
      Float64Array.from({ length: 12 }, (_, i) => i % 3),
      [3, 4],
    );
    const found = await cfx({ features: labels })(curved, at, seed);
    const sum = featureValues(found).reduce((total, v) => total + v, 0);
    expect(sum).toBeCloseTo(Number(found.details?.distance), 10);
  });

  it('is found in a region that is a thousandth of a unit wide', async () => {
    // With t = 1000·x₀ the margin is 1 - 2t·exp(1 - t): 1 at 0, least at t = 1, and close to 1 again from t = 10.
    const narrow = classifierScore(
      {
        shape: [2],
        count: 2,
        logits: ({ data: [first] }) => [1 - 2000 * first * Math.exp(1 - 1000 * first), 0],
        pullback: ({ data: [first] }, weights) =>
          tensor([2000 * (1000 * first - 1) * Math.exp(1 - 1000 * first) * weights[0], 0], [2]),
      },
      { target: 0 },
    );
    const { values, details } = await cfx()(narrow, tensor([0, 0], [2]), seed);
    expect(details?.margin).toBeLessThan(0);
    // 2t·exp(1 - t) = 1 at t = 0.232.
    close(values.data, [0.000232, 0], 1e-5);
  });

  it('returns a change that was evaluated, and moves free elements only', async () => {
    const margin = await curved.with?.({ link: 'margin' });
    if (margin === undefined) throw new Error('a margin');
    const atX = await marginAt(curved, Float64Array.from(at.data));
    const search: ChangeSearch = {
      margin,
      atX,
      x: at,
      unit: new Float64Array(12).fill(1),
      distance: 'l1',
      rounds: 20,
      steps: 20,
    };
    const all = new Uint8Array(12).fill(1);
    const change = await searchChange(search, all);
    const u = change?.u ?? new Float64Array(12);
    expect(
      await marginAt(
        curved,
        u.map((v, i) => at.data[i] + v),
      ),
    ).toBe(change?.margin);
    expect(change?.margin).toBeLessThan(0);
    const fixed = Uint8Array.from(all, (_, i) => Number(i > 3));
    const part = await searchChange(search, fixed);
    expect(Array.from(part?.u.subarray(0, 4) ?? [])).toEqual([0, 0, 0, 0]);
  });

  it('says where there is no counterfactual, and of a flat margin', async () => {
    const bounded = classifierScore(
      {
        shape: [2],
        count: 2,
        logits: ({ data }) => [1 + data[0] ** 2, 0],
        pullback: ({ data }, weights) => tensor([2 * data[0] * weights[0], 0], [2]),
      },
      { target: 0 },
    );
    const got = { code: 'not-applicable', diagnosis: { got: 'none was found' } };
    await expect(cfx()(bounded, tensor([1, 0], [2]), seed)).rejects.toMatchObject(got);
    await expect(cfx()(bounded, tensor([0, 0], [2]), seed)).rejects.toMatchObject(got);
  });
});
