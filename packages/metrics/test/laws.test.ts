import { gaussian, subset } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { infidelity, metrics, sensitivityMax } from '../src/index.js';
import { examples } from './examples.js';
import { holdsFor, laws } from './laws.js';
import { seed, subjects } from './subjects.js';
import { toys } from './toys.js';

for (const example of [...examples, ...toys]) {
  describe(example.metric.expression, () => {
    for (const law of laws.filter((each) => holdsFor(each, example))) {
      it(law.title, () => law.check(example));
    }
  });
}

it('every metric of the table has an example', () => {
  const names = new Set(examples.map(({ metric }) => metric.name));
  expect([...names].toSorted()).toEqual(Object.keys(metrics).toSorted());
});

describe('a ranking', () => {
  const ranked = {
    ...subjects.curved,
    attribution: { ...subjects.curved.attribution, kind: 'ranking' as const },
  };
  const refusing = [
    infidelity(subset(), { draws: 20 }),
    infidelity(gaussian({ sigma: 0.3 }), { draws: 20 }),
    infidelity(gaussian({ sigma: 0.3 }), { draws: 20, scale: 'optimal' }),
    sensitivityMax({ draws: 5 }),
  ];

  it.each(refusing.map((metric) => [metric.expression, metric] as const))(
    'is refused by %s with the name of a metric that takes it',
    async (_, metric) => {
      await expect(metric.measure(ranked, seed)).rejects.toMatchObject({
        code: 'not-applicable',
        message: expect.stringMatching(/scale=optimal|normalize=true|masks/),
      });
    },
  );

  it.each([
    infidelity(subset(), { draws: 20, scale: 'optimal' }),
    sensitivityMax({ draws: 5, normalize: true }),
  ])('is measured by $expression', async (metric) => {
    expect((await metric.measure(ranked, seed)).estimate).toHaveProperty('value');
  });

  it('is measured by infidelity as a global attribution is', async () => {
    const global = { ...ranked, attribution: { ...ranked.attribution, kind: 'global' as const } };
    const metric = infidelity(subset(), { draws: 20, scale: 'optimal' });
    expect(await metric.measure(ranked, seed)).toEqual(await metric.measure(global, seed));
  });
});
