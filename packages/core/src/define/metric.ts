import type { Metric } from '../types/metric.js';
import { type ArgumentsOf, define, type Factory, type OptionShape, type Statement } from './definition.js';
import { refuseResult } from './result.js';

/** What the `make` of a metric returns. Its `needs` are added to those that the types of the options tell. */
export type MetricRecipe = Omit<Metric, 'name' | 'expression'>;

/**
 * What a metric promises of its numbers. Each promise is a law that the tests check for the metric's example.
 *
 * - Kinds of estimates, of which it gives no others: 'mean', 'lower-bound', 'upper-bound', 'exact'.
 * - 'monotone': with more draws, a lower bound never falls and an upper bound never grows.
 * - 'random': another key gives another number. Without this promise the key makes no difference.
 * - 'zero-when-exact': the number is 0 for the gradient of a linear score.
 * - 'positive-when-curved': the number is above 0 for the gradient of a quadratic score.
 * - 'area-of-curve': there is a curve over percentages, within 0 to 100, and the number is the area below it by the trapezoid rule.
 * - 'ignores-score': the number depends on the attribution only, whatever the score is.
 * - 'censored-when-constant': the number is censored for a score that is the same everywhere.
 */
export type MetricPromise =
  | 'mean'
  | 'lower-bound'
  | 'upper-bound'
  | 'exact'
  | 'monotone'
  | 'random'
  | 'zero-when-exact'
  | 'positive-when-curved'
  | 'area-of-curve'
  | 'ignores-score'
  | 'censored-when-constant';

/** Defines a metric and returns its factory. A metric that does not give an estimate is refused with `plugin-result`. */
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
    ({ measure, needs: own = [], ...recipe }, { name, expression, needs }) => ({
      name,
      expression,
      ...(needs.length + own.length > 0 && { needs: [...needs, ...own] }),
      ...recipe,
      async measure(subject, key) {
        const measured = await measure(subject, key);
        if (!isMeasured(measured)) refuseResult(expression, ESTIMATE, JSON.stringify(measured));
        return measured;
      },
    }),
  );
}

const ESTIMATE = '{ estimate } whose kind is mean, bound, exact, censored or invalid';

const KINDS: readonly unknown[] = ['mean', 'bound', 'exact', 'censored', 'invalid'];

/** Whether the code of a definition, which may be plain JavaScript, returned an estimate. */
function isMeasured(measured: unknown): boolean {
  const { estimate } = Object(measured);
  return typeof estimate === 'object' && estimate !== null && KINDS.includes(estimate.kind);
}
