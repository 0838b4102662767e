import type { Metric, MetricRecipe, Settings, Subject } from '@onnxplain/core';
import { expectValues } from '../subject.js';
import { ballOf, ballOptions } from './ball.js';
import { largestNear, type Neighbour } from './neighbours.js';
import { noiseDefinition, noiseOption } from './noise.js';

/** Options of every sensitivity. */
export const sensitivityOptions = { ...ballOptions, noise: noiseOption() };

/** Options that an expression may give by position. */
export const positional = ['radius', 'draws', 'ball'] as const;

const NORMALIZE = 'Use sensitivity-max(normalize=true), which divides the units out.';

/** What a sensitivity computes at each input near x. */
export interface Sensitivity<Result> extends Pick<Metric, 'units' | 'source' | 'comparable'> {
  /** The name of the metric, for messages. */
  readonly where: string;
  /** The definition of the number. */
  readonly value: string;
  /** Whether the number does not depend on the units of the values, so that it is defined for rankings too; default false. */
  readonly unitless?: boolean;
  /** The part of the definition that describes further options. */
  readonly definition?: Readonly<Record<string, string>>;
  compute(neighbour: Neighbour, subject: Subject): Promise<Result>;
  /** Returns one number for each neighbour, from the results of all neighbours; the metric is the largest. */
  numbers(results: readonly Result[]): readonly number[];
}

/**
 * The metric that gives the largest number over neighbours of x, as a lower bound. Measuring throws `not-applicable` when the subject has
 * no `explain`, and for a ranking unless the number is without units.
 */
export function sensitivity<Result>(
  { where, value, unitless = false, definition, compute, numbers, ...rest }: Sensitivity<Result>,
  options: Settings<typeof sensitivityOptions>,
): MetricRecipe {
  const { noise } = options;
  const ball = ballOf(where, options);
  return {
    ...rest,
    better: 'lower',
    least: 0,
    definition: { value, ...ball.definition, ...definition, noise: noiseDefinition[noise] },
    async measure(subject, key) {
      if (!unitless) expectValues(where, subject.attribution, NORMALIZE);
      const measure = { where, ball, noise, compute: (near: Neighbour) => compute(near, subject), numbers };
      return { estimate: await largestNear(measure, subject, key) };
    },
  };
}
