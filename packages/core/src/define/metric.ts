import type { Metric } from '../types.js';
import { type ArgumentsOf, define, type Factory, type OptionShape, type Statement } from './definition.js';

/** What the `make` of a metric returns. */
export type MetricRecipe = Omit<Metric, 'name' | 'expression'>;

/**
 * Optional laws of metrics. 'zero-when-exact': the number is 0 for the gradient of a linear score. 'positive-when-curved': it is above 0
 * for the gradient of a quadratic score.
 */
export type MetricPromise = 'zero-when-exact' | 'positive-when-curved';

/** Defines a metric and returns its factory. */
export function defineMetric<
  const Name extends string,
  S extends OptionShape,
  Parts extends readonly unknown[] = [],
  N extends keyof S = never,
>(
  statement: Statement<Name, S, Parts, N, MetricRecipe> & { readonly promises?: readonly MetricPromise[] },
): Factory<Metric, Name, ArgumentsOf<S, Parts, N>> {
  return define<Metric, MetricRecipe, Name, S, Parts, N>(
    'metric',
    statement,
    (recipe, { name, expression }) => ({ name, expression, ...recipe }),
  );
}
