import { describe, expect, it } from 'vitest';
import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { stack } from '../tensor/rows.js';
import { type Shape, sizeOf, type Tensor, tensor, toFloat32 } from '../tensor/tensor.js';
import type { Batch, Score } from '../types/score.js';
import { rulesParts } from '../types/target.js';
import { difference } from './difference.js';
import { linearScore, productScore, quadraticScore } from './exact.js';
import { functionScore } from './function.js';
import { meter, type Progress, watch } from './watch.js';

function randomTensor(shape: Shape, seed: number): Tensor {
  const data = new Float64Array(sizeOf(shape));
  stream(key(seed)).fillNormal(data);
  return tensor(data, shape);
}

function expectClose(got: Tensor, expected: Tensor, tolerance: number): void {
  expect(got.shape).toEqual(expected.shape);
  got.data.forEach((value, i) => {
    expect(Math.abs(value - expected.data[i])).toBeLessThan(tolerance);
  });
}

/** The same score, that shows each batch before it is evaluated. */
function spy(score: Score, see: (batch: Batch) => void): Score {
  const value = (batch: Batch) => {
    see(batch);
    return score.value(batch);
  };
  return { ...score, value };
}

const shape = [2, 3];
const batch = randomTensor([4, ...shape], 1);
const exact = {
  linear: linearScore(randomTensor(shape, 2), 0.5),
  quadratic: quadraticScore(randomTensor([6, 6], 3), randomTensor(shape, 4), -1),
  product: productScore(shape),
};

describe.each(Object.entries(exact))('the exact %s score', (_name, score) => {
  it('has the gradient that central differences give', async () => {
    const numeric = difference(score, { step: 1e-4 });
    expect(numeric.rules).toBe('difference');
    expectClose(await score.gradient(batch), await numeric.gradient(batch), 1e-6);
  });

  it('treats rows alone', async () => {
    const values = await score.value(batch);
    const one = await score.value(tensor(batch.data.subarray(6, 12), [1, ...shape]));
    expect(one).toEqual(values.subarray(1, 2));
  });

  it('refuses batches of another shape', async () => {
    await expect(score.value(randomTensor(shape, 1))).rejects.toThrow(
      'expected a batch [n, 2, 3], got [2, 3]. Add the batch axis in front.',
    );
    await expect(score.gradient(randomTensor([1, 3, 2], 1))).rejects.toThrow('got [1, 3, 2]');
  });
});

describe('exact values', () => {
  const x = stack([tensor([1, 2, 3], [3])]);
  it('are those of the formulas', async () => {
    expect(await linearScore(tensor([1, 0, -1], [3]), 5).value(x)).toEqual(Float64Array.of(3));
    expect(await productScore([3]).value(x)).toEqual(Float64Array.of(6));
    expect((await productScore([3]).gradient(x)).data).toEqual(Float64Array.of(6, 3, 2));
    // ½·(2·1·1 + 1·1·2 + 3·2·1) + 3 = 8 for A = [[2, 1, 0], [3, 0, 0], [0, 0, 0]].
    const a = tensor([2, 1, 0, 3, 0, 0, 0, 0, 0], [3, 3]);
    expect(await quadraticScore(a, tensor([0, 0, 1], [3])).value(x)).toEqual(Float64Array.of(8));
  });

  it('need a quadratic form of the right size', () => {
    expect(() => quadraticScore(tensor([1], [1, 1]), tensor([1, 2], [2]))).toThrow('[2, 2], got [1, 1]');
  });
});

describe('functionScore', () => {
  it('without a gradient says how to get one', async () => {
    const score = functionScore({ shape: [1], value: (x) => x.data[0] ** 2 });
    expect(score.bounds).toEqual([-Infinity, Infinity]);
    await expect(score.gradient(tensor([1], [1, 1]))).rejects.toThrow(/difference\(score, \{ step \}\)/);
  });

  it('checks the shape of the gradient it is given', async () => {
    const score = functionScore({ shape: [2], value: () => 0, gradient: () => tensor([1], [1]) });
    await expect(score.gradient(tensor([1, 2], [1, 2]))).rejects.toThrow('expected shape [2], got [1]');
  });
});

describe('difference', () => {
  const cubic = functionScore({
    shape: [3],
    value: ({ data }) => data[0] ** 3 + data[1] * data[2],
    bounds: [0, 1],
  });

  it('has an error of step² times the third derivative over 6', async () => {
    const x = tensor([0.5, 0.5, 0.25], [1, 3]);
    for (const step of [0.1, 0.01]) {
      const { data } = await difference(cubic, { step }).gradient(x);
      expect(data[0]).toBeCloseTo(0.75 + step ** 2, 10);
      expect(data[1]).toBeCloseTo(0.25, 10);
    }
  });

  it('stays within the bounds, where it is one-sided', async () => {
    const seen: number[] = [];
    const spying = spy(cubic, (rows) => seen.push(...rows.data));
    const { data } = await difference(spying, { step: 0.125 }).gradient(tensor([1, 0, 1], [1, 3]));
    expect([Math.min(...seen), Math.max(...seen)]).toEqual([0, 1]);
    expect(data[0]).toBeCloseTo((1 - 0.875 ** 3) / 0.125, 10);
    expect(data[1]).toBeCloseTo(1, 10);
  });

  it('divides by the step that float32 really holds', async () => {
    const score = linearScore(tensor([3], [1]));
    const x = toFloat32(tensor([1000], [1, 1]));
    const { data } = await difference(score, { step: 1e-3 }).gradient(x);
    expect(data[0]).toBeCloseTo(3, 10);
  });

  it('refuses a step that is lost in rounding', async () => {
    const score = linearScore(tensor([3], [1]));
    const x = toFloat32(tensor([1000], [1, 1]));
    await expect(difference(score, { step: 1e-6 }).gradient(x)).rejects.toThrow(/changes element 0 = 1000/);
    expect(() => difference(score, { step: 0 })).toThrow(
      'difference(step): expected a positive number, got 0',
    );
  });

  it('costs 2d rows of values per input, in batches of the size asked for', async () => {
    const { score, cost } = meter(exact.quadratic);
    const sizes: number[] = [];
    const spying = spy(score, (rows) => sizes.push(rows.shape[0]));
    await difference(spying, { step: 0.1, batch: 8 }).gradient(batch);
    expect(cost()).toEqual({ forward: 4 * 2 * 6, backward: 0 });
    expect(sizes).toEqual([8, 4, 8, 4, 8, 4, 8, 4]);
  });
});

/** The first or the second element of the input, and with the rules 'twice' twice its gradient. */
function elementScore(target: number, rules = 'gradient'): Score {
  const slope = rules === 'twice' ? 2 : 1;
  const score = functionScore({
    shape: [2],
    value: ({ data }) => data[target],
    gradient: () => tensor(target === 0 ? [slope, 0] : [0, slope], [2]),
    with: async (change) => {
      const name = change.rules === undefined ? rules : rulesParts(change.rules).name;
      return elementScore(typeof change.target === 'number' ? change.target : target, name);
    },
  });
  return { ...score, rules };
}

describe('a score with another question', () => {
  const x = tensor([3, 4], [1, 2]);

  it('is what the function gives for it, and a function without others has none', async () => {
    const second = await elementScore(0).with?.({ target: 1 });
    expect(await second?.value(x)).toEqual(Float64Array.of(4));
    expect(functionScore({ shape: [1], value: () => 0 }).with).toBeUndefined();
  });

  it('is counted with the score that it was made from', async () => {
    const { score, cost } = meter(elementScore(0));
    const second = await (await score.with?.({ target: 1 }))?.with?.({ rules: 'twice' });
    expect([...((await second?.gradient(x))?.data ?? [])]).toEqual([0, 2]);
    await score.value(x);
    expect(cost()).toEqual({ forward: 1, backward: 1 });
  });

  it('has its gradient by differences where the score has, unless rules are asked for', async () => {
    const numeric = difference(elementScore(0, 'twice'), { step: 0.5 });
    const second = await numeric.with?.({ target: 1 });
    expect(second?.rules).toBe('difference');
    expect([...((await second?.gradient(x))?.data ?? [])]).toEqual([0, 1]);
    const ruled = await numeric.with?.({ rules: 'twice' });
    expect(ruled?.rules).toBe('twice');
    expect([...((await ruled?.gradient(x))?.data ?? [])]).toEqual([2, 0]);
  });
});

it.each([
  ['guided', { name: 'guided', options: {}, baseline: undefined }],
  [
    { name: 'lrp-gamma', gamma: 0.5 },
    { name: 'lrp-gamma', options: { gamma: 0.5 }, baseline: undefined },
  ],
  [
    { name: 'deep-lift', baseline: tensor([1], [1]) },
    { name: 'deep-lift', options: {}, baseline: tensor([1], [1]) },
  ],
])('rules %j have their name, options and baseline apart', (rules, parts) => {
  expect(rulesParts(rules)).toEqual(parts);
});

describe('meter', () => {
  it('counts rows forward and backward, and not those of calls that throw', async () => {
    const { score, cost } = meter(exact.linear);
    await score.value(batch);
    await score.gradient(batch);
    await score.gradient(batch);
    await expect(score.value(randomTensor(shape, 1))).rejects.toThrow();
    expect(cost()).toEqual({ forward: 4, backward: 8 });
  });
});

describe('watch', () => {
  it('changes no number, and reports rows so far', async () => {
    const reports: Progress[] = [];
    const watched = watch(exact.quadratic, { onProgress: (progress) => reports.push(progress) });
    expect(await watched.value(batch)).toEqual(await exact.quadratic.value(batch));
    expect(await watched.gradient(batch)).toEqual(await exact.quadratic.gradient(batch));
    expect(reports).toMatchObject([
      { rows: 4, forward: 4, backward: 0 },
      { rows: 8, forward: 4, backward: 4 },
    ]);
    expect(reports[1].seconds).toBeGreaterThanOrEqual(reports[0].seconds);
  });

  it('throws aborted before a call, and when the call under way has ended', async () => {
    const abort = new AbortController();
    let evaluated = 0;
    const slow = spy(exact.linear, () => {
      evaluated++;
      abort.abort('enough');
    });
    const watched = watch(slow, { signal: abort.signal });
    await expect(watched.value(batch)).rejects.toMatchObject({ code: 'aborted', cause: 'enough' });
    await expect(watched.value(batch)).rejects.toMatchObject({ code: 'aborted' });
    await expect(watched.gradient(batch)).rejects.toMatchObject({ code: 'aborted' });
    expect(evaluated).toBe(1);
  });
});
