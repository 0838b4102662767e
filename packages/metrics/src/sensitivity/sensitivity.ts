import { expression, type Metric, omitDefault, type Subject } from '@onnxplain/core';
import { expectValues } from '../subject.js';
import { type BallOptions, ballOf, ballOptions } from './ball.js';
import { largestNear, type Neighbour } from './neighbours.js';
import { type Noise, noiseDefinition, noiseOption } from './noise.js';

/** Options of every sensitivity. */
export interface SensitivityOptions extends BallOptions {
  /**
   * Randomness of a stochastic explainer: `shared` (default) uses the attribution's own key everywhere, so that only the input
   * changes; `fresh` a new key for each neighbour, as the authors' program, which adds the explainer's noise to the number.
   */
  readonly noise?: Noise;
}

export const sensitivityOptions = { ...ballOptions, noise: noiseOption() };

const NORMALIZE = 'Use sensitivity-max(normalize=true), which divides the units out.';

/** What one sensitivity asks of each input near x, and how that reads. */
export interface Sensitivity<Answer> extends Pick<Metric, 'name' | 'units' | 'source' | 'comparable'> {
  /** The definition of the number. */
  readonly value: string;
  /** Whether the number is without the units of the values, so that rankings have it too; default false. */
  readonly unitless?: boolean;
  /** Further options, as an expression and as the definition show them. */
  readonly shown?: Readonly<Record<string, number | boolean | undefined>>;
  readonly definition?: Readonly<Record<string, string>>;
  ask(neighbour: Neighbour, subject: Subject): Promise<Answer>;
  /** The number of each neighbour, from the answers of all; the metric is the largest. */
  numbers(answers: readonly Answer[]): readonly number[];
}

/**
 * The metric that gives the largest answer over neighbours of x, as a lower bound. It throws `not-applicable` when the subject lacks
 * `explain`, and for a ranking unless the number is without units; making it throws `option-value` for a ball together with a perturbation.
 */
export function sensitivity<Answer>(
  {
    name,
    units,
    source,
    comparable,
    value,
    unitless = false,
    shown,
    definition,
    ask,
    numbers,
  }: Sensitivity<Answer>,
  options: SensitivityOptions & { readonly noise: Noise },
): Metric {
  const { noise } = options;
  const ball = ballOf(name, options);
  return {
    name,
    expression: expression(name, [], { ...ball.shown, ...shown, noise: omitDefault(noise, 'shared') }),
    better: 'lower',
    units,
    source,
    comparable,
    least: 0,
    definition: { value, ...ball.definition, ...definition, noise: noiseDefinition[noise] },
    async measure(subject, key) {
      if (!unitless) expectValues(name, subject.attribution, NORMALIZE);
      const question = { where: name, ball, noise, ask: (near: Neighbour) => ask(near, subject), numbers };
      return { estimate: await largestNear(question, subject, key) };
    },
  };
}
