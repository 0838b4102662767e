import {
  asBatch,
  gridFeatures,
  key,
  quadraticScore,
  type Subject,
  tensor,
  toFloat64,
  valuesOfFeatures,
} from '@onnxplain/core';
import { expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { completeness } from './completeness.js';

const shape = [4, 4];
const seed = key(31);
const normals = normalsOf(seed);
const f = quadraticScore(normals('A', [16, 16]), normals('w', shape));
const x = normals('x', shape);

const subjectOf = (attribution: Partial<Subject['attribution']>): Subject => ({
  f,
  x,
  attribution: {
    values: normals('values', shape),
    kind: 'local',
    method: 'given',
    key: seed,
    cost: { forward: 0, backward: 0 },
    ...attribution,
  },
});
const at = async (input: typeof x) => (await f.value(asBatch(input)))[0];

it('is the distance of the sum from the change of f, by the definition, for slopes and for shares of f', async () => {
  const baseline = normals('baseline', shape);
  const change = (await at(x)) - (await at(baseline));
  const subject = subjectOf({});
  const values = Array.from(subject.attribution.values.data);
  const slopes = values.reduce((sum, value, i) => sum + value * (x.data[i] - baseline.data[i]), 0);
  const shares = values.reduce((sum, value) => sum + value, 0);
  for (const [kind, sum] of [
    ['local', slopes],
    ['global', shares],
  ] as const) {
    const { estimate } = await completeness({ baseline }).measure(subjectOf({ kind }), seed);
    expect(estimate.kind === 'exact' && estimate.value).toBeCloseTo(Math.abs(sum - change), 10);
    const { estimate: fraction } = await completeness({ baseline, relative: true }).measure(
      subjectOf({ kind }),
      seed,
    );
    expect(fraction.kind === 'exact' && fraction.value).toBeCloseTo(
      Math.abs(sum - change) / Math.abs(change),
      10,
    );
  }
});

it('counts a feature of several elements once', async () => {
  const change = (await at(x)) - (await at(tensor(new Float64Array(16), shape)));
  const values = valuesOfFeatures(
    Float64Array.of(change, 0, 0, 0),
    gridFeatures(shape, { cell: 2, layout: 'chw' }),
    shape,
  );
  const { estimate } = await completeness().measure(subjectOf({ kind: 'global', ...values }), seed);
  expect(estimate.kind === 'exact' && estimate.value).toBeCloseTo(0, 12);
});

it('is invalid as a fraction where f does not change from the baseline', async () => {
  const { estimate } = await completeness({ baseline: toFloat64(x), relative: true }).measure(
    subjectOf({}),
    seed,
  );
  expect(estimate).toMatchObject({ kind: 'invalid', reason: expect.stringContaining('is 0') });
});
