import { boxes, gaussian, halves, key, linearScore, type Subject, square, tensor } from '@onnxplain/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attributionShare } from './attribution-share.js';

const seed = key(3);
const shape = [2, 4, 3];
const bottom = halves({ sides: ['bottom'] });

function subjectOf(values: readonly number[], kind: 'local' | 'global' | 'ranking' = 'global'): Subject {
  const array = tensor([...values], shape);
  const attribution = { values: array, kind, method: 'given', key: seed, cost: { forward: 0, backward: 0 } };
  return {
    f: linearScore(array),
    x: tensor(
      values.map((_, i) => i),
      shape,
    ),
    attribution,
  };
}

const numberOf = async (metric: ReturnType<typeof attributionShare>, subject: Subject) => {
  const { estimate } = await metric.measure(subject, seed);
  return 'value' in estimate ? estimate.value : estimate.kind;
};

const numbers = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 24, maxLength: 24 });

test('the share is that of the rows of the lower half in all channels, and the rule says which half has more', async () => {
  await fc.assert(
    fc.asyncProperty(numbers, async (values) => {
      fc.pre(values.some((value) => value !== 0));
      let [above, below] = [0, 0];
      for (let channel = 0; channel < 2; channel++)
        for (let row = 0; row < 4; row++)
          for (let column = 0; column < 3; column++) {
            const size = Math.abs(values[channel * 12 + row * 3 + column]);
            if (row < 2) above += size;
            else below += size;
          }
      const subject = subjectOf(values);
      expect(await numberOf(attributionShare(bottom), subject)).toBeCloseTo(below / (above + below), 12);
      const answer = below > above ? 1 : below < above ? 0 : 1 / 2;
      expect(await numberOf(attributionShare(bottom, { majority: true }), subject)).toBe(answer);
    }),
  );
});

test('the half follows the layout of the score', async () => {
  const values = Array.from({ length: 24 }, (_, i) => (i < 12 ? 1 : 3));
  const subject = subjectOf(values);
  const last = { ...subject, f: Object.assign(Object.create(subject.f), { layout: 'hwc' }) };
  expect(await numberOf(attributionShare(bottom), subject)).toBe(1 / 2);
  expect(await numberOf(attributionShare(bottom), last)).toBe(3 / 4);
});

test('an attribution of zeros or infinite numbers has no share', async () => {
  const share = attributionShare(bottom);
  expect(await numberOf(share, subjectOf(new Array(24).fill(0)))).toBe('invalid');
  expect(await numberOf(share, subjectOf(new Array(24).fill(Number.POSITIVE_INFINITY)))).toBe('invalid');
});

test('a region of several draws or without masks, and a ranking, are refused', async () => {
  const subject = subjectOf(new Array(24).fill(1));
  const code = (expected: string) => expect.objectContaining({ code: expected });
  expect(() => attributionShare(gaussian({ sigma: 1 }))).toThrow(code('option-value'));
  for (const region of [halves(), square({ sizes: [1, 1], positions: 'all' })])
    await expect(attributionShare(region).measure(subject, seed)).rejects.toEqual(code('option-value'));
  const ranking = subjectOf(new Array(24).fill(1), 'ranking');
  await expect(attributionShare(bottom).measure(ranking, seed)).rejects.toEqual(code('not-applicable'));
  const corner = attributionShare(boxes({ boxes: [[0, 1, 0, 1]] }));
  expect(await numberOf(corner, subject)).toBeCloseTo(1 / 12, 12);
});
