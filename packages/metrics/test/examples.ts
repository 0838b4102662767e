import { sqp } from '@onnxplain/attacks';
import { type Definition, type Metric, type MetricPromise, square, subset } from '@onnxplain/core';
import { deletion, infidelity, insertion, metrics } from '../src/index.js';

/** A metric and what it promises. All laws run over it. */
export interface Example {
  readonly metric: Metric;
  readonly promises: readonly string[];
  /** The same metric with so many draws. One that draws nothing gives itself. */
  more(draws: number): Metric;
}

/** The example of a definition, with some options changed. */
function exampleOf(definition: Definition<Metric>, options: Readonly<Record<string, unknown>> = {}): Example {
  const attack = definition.takes.attack !== undefined && { attack: sqp({ steps: 8 }) };
  const given = { ...definition.example, ...attack, ...options };
  const metric = definition.make(given);
  const count = ['draws', 'shuffles'].find((option) => Object.hasOwn(definition.options.shape, option));
  return {
    metric,
    promises: definition.promises,
    more: (n) => (count === undefined ? metric : definition.make({ ...given, [count]: n })),
  };
}

/** The example without one of its promises, for options with which it does not hold. */
const withoutPromise = (promise: MetricPromise, example: Example): Example => ({
  ...example,
  promises: example.promises.filter((each) => each !== promise),
});

const { infidelity: faithful, 'sensitivity-max': stable } = metrics;
const everySquare = square({ sizes: [1, 2], positions: 'all' });
const exhaustive = infidelity(everySquare);

/** Every metric of the table with its example, and examples with other options. */
export const examples: readonly Example[] = [
  ...Object.values(metrics).map((definition) => exampleOf(definition)),
  exampleOf(faithful, { scale: 'optimal' }),
  exampleOf(faithful, { perturbation: subset() }),
  exampleOf(faithful, { perturbation: subset(), scale: 'optimal' }),
  {
    metric: exhaustive,
    promises: ['exact', 'zero-when-exact', 'positive-when-curved'] satisfies MetricPromise[],
    more: () => exhaustive,
  },
  ...[
    deletion({ reference: 0.25 }),
    deletion({ reference: 'mean', order: 'signed', percentages: [0, 20, 100] }),
    insertion({ reference: 'blur' }),
  ].map((metric) => ({ metric, promises: ['exact', 'area-of-curve'], more: () => metric })),
  exampleOf(stable, { normalize: true }),
  exampleOf(stable, { ball: 'linf', noise: 'fresh' }),
  ...[stable, metrics['sensitivity-lipschitz'], metrics['set-sensitivity']].map((definition) =>
    withoutPromise('monotone', exampleOf(definition, { search: 'ascent', draws: 8 })),
  ),
];
