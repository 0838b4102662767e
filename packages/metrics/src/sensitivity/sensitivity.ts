import type { Estimate, Measured, Metric, MetricRecipe, Settings, Subject, Tensor } from '@onnxplain/core';
import { repeatedCost } from '@onnxplain/core';
import { explainingCost } from '../planned-cost.js';
import { expectValues } from '../subject.js';
import type { NextOffset } from './ascent.js';
import { ballOf, ballOptions, type NeighbourSearch, searchOption } from './ball.js';
import type { Neighbour } from './neighbourhood.js';
import { largestNear } from './neighbours.js';
import { type Noise, noiseDefinition, noiseOption } from './noise.js';

/** Options of the sensitivities that can search. */
export const sensitivityOptions = { ...ballOptions, search: searchOption(), noise: noiseOption() };

/** What every sensitivity is made of, with or without a search. */
type SensitivitySettings = Settings<typeof ballOptions> & {
  readonly noise: Noise;
  readonly search?: NeighbourSearch;
};

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
  /** Most explanations at each neighbour; default: one, which is then the exact number. */
  readonly explanations?: number;
  compute(neighbour: Neighbour, subject: Subject): Promise<Result>;
  /**
   * Returns a function that computes the same from the values of the explanation at a neighbour, which takes less time; absent where
   * `compute` takes more of a neighbour.
   */
  ofValues?(subject: Subject): (values: readonly Tensor[]) => readonly Result[];
  /** Returns one number for each neighbour, from the results of all neighbours; the metric is the largest. */
  numbers(results: readonly Result[]): readonly number[];
  /** Returns what the metric gives for the estimate and the results of all neighbours; default: the estimate. */
  conclude?(estimate: Estimate, results: readonly Result[]): Measured;
  /** How an ascent goes on; default: to the point of the ball that is furthest along the direction uphill. */
  readonly next?: NextOffset;
}

/**
 * The metric that gives the largest number over neighbours of x, as a lower bound. Measuring throws `not-applicable` when the subject has
 * no `explain`, and for a ranking unless the number is without units.
 */
export function sensitivity<Result>(
  {
    where,
    value,
    unitless = false,
    definition,
    explanations,
    compute,
    ofValues,
    numbers,
    conclude,
    next,
    ...rest
  }: Sensitivity<Result>,
  options: SensitivitySettings,
): MetricRecipe {
  const { noise } = options;
  const ball = ballOf(where, options);
  return {
    ...rest,
    better: 'lower',
    least: 0,
    definition: { value, ...ball.definition, ...definition, noise: noiseDefinition[noise] },
    plannedCost(f, x, explainers) {
      const times = ball.count(x.shape) * (explanations ?? 1);
      const cost = repeatedCost(times, explainingCost(f, x, explainers));
      const atMost = explanations !== undefined || ball.ascent !== undefined;
      return cost && { ...cost, ...(atMost && { atMost }) };
    },
    async measure(subject, key) {
      if (!unitless) expectValues(where, subject.attribution, NORMALIZE);
      const measure = {
        where,
        ball,
        noise,
        compute: (near: Neighbour) => compute(near, subject),
        ...(ofValues && { ofValues: ofValues(subject) }),
        numbers,
        next,
      };
      const { estimate, results } = await largestNear(measure, subject, key);
      return conclude?.(estimate, results) ?? { estimate };
    },
  };
}
