import { gaussian, type Metric, type Perturbation, square, subset } from '@onnxplain/core';
import {
  type InfidelityOptions,
  infidelity,
  sensitivityGradient,
  sensitivityLipschitz,
  sensitivityMax,
} from '../src/index.js';
import type { MetricPromise } from './promises.js';

/** A metric and what it promises. All laws run over it. */
export interface Example {
  readonly metric: Metric;
  readonly promises: readonly MetricPromise[];
  /** The same metric with so many draws. One that draws nothing gives itself. */
  more(draws: number): Metric;
}

/** An example of few draws. */
function example(make: (draws: number) => Metric, draws: number, ...promises: MetricPromise[]): Example {
  return { metric: make(draws), promises, more: make };
}

const faithful = (perturbation: Perturbation, options: InfidelityOptions = {}) =>
  example(
    (draws) => infidelity(perturbation, { ...options, draws }),
    100,
    ...(['mean', 'random', 'zero-when-exact', 'positive-when-curved'] as const),
  );

const stable = ['lower-bound', 'random', 'zero-when-exact', 'positive-when-curved'] as const;
const monotone = [...stable, 'monotone'] as const;
const everySquare = square({ sizes: [1, 2], positions: 'all' });
const exhaustive = infidelity(everySquare);

/** At least one example of each metric in the table. */
export const examples: readonly Example[] = [
  faithful(gaussian({ sigma: 0.3 })),
  faithful(gaussian({ sigma: 0.3 }), { scale: 'optimal' }),
  faithful(subset()),
  faithful(subset(), { scale: 'optimal' }),
  {
    metric: exhaustive,
    promises: ['exact', 'zero-when-exact', 'positive-when-curved'],
    more: () => exhaustive,
  },
  example((draws) => sensitivityMax({ draws }), 5, ...monotone),
  example((draws) => sensitivityMax({ draws, normalize: true }), 5, ...monotone),
  example((draws) => sensitivityMax({ draws, ball: 'linf', noise: 'fresh' }), 5, ...monotone),
  example((draws) => sensitivityLipschitz({ draws }), 5, ...monotone),
  // The rounding that is taken off its bound is the largest of all draws, so that the bound is not monotone.
  example((draws) => sensitivityGradient({ draws }), 5, ...stable),
];
