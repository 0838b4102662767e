import {
  asBatch,
  expectShape,
  fail,
  fold,
  type Metric,
  norm,
  type Subject,
  stream,
  type Tensor,
  tensor,
} from '@onnxplain/core';
import type { Example } from './examples.js';
import { shape } from './subjects.js';

/** What the toys have in common. */
const common = {
  better: 'lower',
  source: 'made up for these tests',
} as const satisfies Partial<Metric>;

function expectMeasurable({ f, x, attribution }: Subject): void {
  expectShape('x', x, f.shape);
  expectShape('attribution', attribution.values, f.shape);
  if (attribution.kind !== 'ranking') return;
  const [expected, got] = ['an attribution with units', 'a ranking'];
  fail({ code: 'not-applicable', where: 'toy', expected, got, remedy: 'Use another metric.' });
}

const valueAt = async ({ f }: Subject, x: Tensor): Promise<number> => (await f.value(asBatch(x)))[0];

/** The area below f as elements are set to 0, those of large attributions first. */
const area: Metric = {
  ...common,
  name: 'toy-area',
  expression: 'toy-area',
  units: 'units of f times percent',
  definition: { value: 'area below f(x) as elements are set to 0, by the trapezoid rule' },
  async measure(subject) {
    expectMeasurable(subject);
    const { x, attribution } = subject;
    const order = [...attribution.values.data.keys()].sort(
      (a, b) => attribution.values.data[b] - attribution.values.data[a],
    );
    const y: number[] = [];
    for (let removed = 0; removed <= order.length; removed++) {
      const gone = new Set(order.slice(0, removed));
      const left = Float64Array.from(x.data, (value, i) => (gone.has(i) ? 0 : value));
      y.push(await valueAt(subject, tensor(left, shape)));
    }
    if (!y.every(Number.isFinite)) {
      return { estimate: { kind: 'invalid', reason: 'f is not finite', n: y.length } };
    }
    const step = 100 / order.length;
    const value = y.slice(1).reduce((sum, each, i) => sum + (step * (each + y[i])) / 2, 0);
    const curve = { xLabel: 'percent of elements removed', x: y.map((_, i) => step * i), yLabel: 'f', y };
    return { estimate: { kind: 'exact', value }, curve };
  },
};

/** The smallest of random changes of x that moves f by 1. */
const smallestChange = (draws: number): Metric => ({
  ...common,
  name: 'toy-change',
  expression: `toy-change(draws=${draws})`,
  better: 'higher',
  units: 'l2 norm of a change of x',
  least: 0,
  definition: { value: 'smallest l2 norm of the drawn changes that move f by at least 1, an upper bound' },
  async measure(subject, key) {
    expectMeasurable(subject);
    const before = await valueAt(subject, subject.x);
    if (!Number.isFinite(before)) {
      return { estimate: { kind: 'invalid', reason: 'f is not finite', n: draws } };
    }
    const norms: number[] = [];
    for (let i = 0; i < draws; i++) {
      const change = new Float64Array(12);
      stream(fold(key, i)).fillNormal(change);
      const moved = tensor(
        change.map((value, at) => value + subject.x.data[at]),
        shape,
      );
      if (Math.abs((await valueAt(subject, moved)) - before) >= 1)
        norms.push(norm(tensor(change, shape), 'l2'));
    }
    return norms.length === 0
      ? { estimate: { kind: 'censored', above: 1, n: draws } }
      : { estimate: { kind: 'bound', side: 'upper', value: Math.min(...norms), n: draws } };
  },
});

/** Metrics of the kinds that the table has none of yet, so that their laws are tried too. */
export const toys: readonly Example[] = [
  { metric: area, promises: ['exact', 'area-of-curve'], more: () => area },
  {
    metric: smallestChange(5),
    promises: ['upper-bound', 'monotone', 'random', 'censored-when-constant'],
    more: smallestChange,
  },
];
