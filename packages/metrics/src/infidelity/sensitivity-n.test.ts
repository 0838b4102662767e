import {
  asBatch,
  functionScore,
  key,
  linearScore,
  quadraticScore,
  type Subject,
  sizedSubset,
  type Tensor,
  tensor,
  zeros,
} from '@onnxplain/core';
import { expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { sensitivityN } from './sensitivity-n.js';

const d = 5;
const shape = [d];
const seed = key(41);
const normals = normalsOf(seed);
const x = normals('x', shape);
const w = normals('w', shape);
const f = quadraticScore(normals('A', [d, d]), w);

const subjectOf = (values: Tensor, score = f): Subject => ({
  f: score,
  x,
  attribution: { values, kind: 'global', method: 'given', key: seed, cost: { forward: 0, backward: 0 } },
});

/** Pearson's correlation over all sets of two of the features, each once. */
async function overAllPairs({ f: score, attribution: { values } }: Subject): Promise<number> {
  const [u, v]: [number[], number[]] = [[], []];
  const [whole] = await score.value(asBatch(x));
  for (let i = 0; i < d; i++) {
    for (let j = 0; j < i; j++) {
      const left = tensor(
        x.data.map((value, k) => (k === i || k === j ? 0 : value)),
        shape,
      );
      u.push(values.data[i] + values.data[j]);
      v.push(whole - (await score.value(asBatch(left)))[0]);
    }
  }
  const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
  const [a, b] = [u, v].map((list) => list.map((value) => value - mean(list)));
  const product = (p: number[], q: number[]) => p.reduce((sum, value, i) => sum + value * q[i], 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

it('estimates the correlation over all sets of n features', async () => {
  const subject = subjectOf(normals('values', shape));
  const { estimate } = await sensitivityN({ n: 2, draws: 20_000 }).measure(subject, seed);
  if (estimate.kind !== 'mean') throw new Error(`expected a mean, got ${estimate.kind}`);
  expect(Math.abs(estimate.value - (await overAllPairs(subject)))).toBeLessThan(4 * estimate.stderr);
});

it('is 1 for the terms of a linear score, in any unit, and -1 for their negatives', async () => {
  const terms = tensor(
    w.data.map((value, i) => value * x.data[i]),
    shape,
  );
  for (const factor of [1, 7, -2]) {
    const scaled = tensor(
      terms.data.map((value) => factor * value),
      shape,
    );
    const { estimate } = await sensitivityN({ n: 3 }).measure(subjectOf(scaled, linearScore(w, 0.2)), seed);
    expect(estimate.kind === 'mean' && estimate.value).toBeCloseTo(Math.sign(factor), 12);
  }
});

it('is invalid where f or the explanation is the same for all sets', async () => {
  const constant = functionScore({ shape, value: () => 2, gradient: () => zeros(shape) });
  for (const subject of [subjectOf(normals('values', shape), constant), subjectOf(zeros(shape))]) {
    const { estimate } = await sensitivityN({ n: 2 }).measure(subject, seed);
    expect(estimate).toMatchObject({ kind: 'invalid' });
  }
});

it('removes sets that are uniform among those of the size', () => {
  const counts = new Map<string, number>();
  const { masks } = sizedSubset({ size: 2 })(x, seed, 0, 5000);
  for (let i = 0, dense = masks?.dense(); i < 5000; i++) {
    const set = Array.from(dense?.data.subarray(i * d, (i + 1) * d) ?? []).join('');
    counts.set(set, (counts.get(set) ?? 0) + 1);
  }
  expect(counts.size).toBe(10);
  for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(4 * Math.sqrt(450));
});

it('refuses more features than there are', async () => {
  await expect(sensitivityN({ n: 6 }).measure(subjectOf(w), seed)).rejects.toMatchObject({
    code: 'option-value',
  });
});
