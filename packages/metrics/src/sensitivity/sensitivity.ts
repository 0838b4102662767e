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

/** What one sensitivity measures at each input near x. */
export interface Sensitivity<Answer> extends Pick<Metric, 'units' | 'source' | 'comparable'> {
  /** The name of the metric, for messages. */
  readonly where: string;
  /** The definition of the number. */
  readonly value: string;
  /** Whether the number is without the units of the values, so that rankings have it too; default false. */
  readonly unitless?: boolean;
  /** What the definition says of further options. */
  readonly definition?: Readonly<Record<string, string>>;
  answer(neighbour: Neighbour, subject: Subject): Promise<Answer>;
  /** The number of each neighbour, from the answers of all; the metric is the largest. */
  numbers(answers: readonly Answer[]): readonly number[];
}

/**
 * The metric that gives the largest number over neighbours of x, as a lower bound. Measuring throws `not-applicable` when the subject has
 * no `explain`, and for a ranking unless the number is without units.
 */
export function sensitivity<Answer>(
  { where, value, unitless = false, definition, answer, numbers, ...rest }: Sensitivity<Answer>,
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
      const question = { where, ball, noise, answer: (near: Neighbour) => answer(near, subject), numbers };
      return { estimate: await largestNear(question, subject, key) };
    },
  };
}
