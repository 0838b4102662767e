import type { Estimate } from '@onnxplain/core';
import { squaredErrors } from './error.js';
import { type EstimatePlan, meanOf } from './plan.js';
import type { Need } from './stopping.js';
import { type DrawTable, firstDraws } from './table.js';

/**
 * The paired differences of all attributions, [i][j] for i - j, each over as many draws as the two need. What the two share through
 * their draws cancels before the spread is taken.
 */
export function differencesOf(
  table: DrawTable,
  needs: readonly Need[],
  plan: EstimatePlan,
): readonly (readonly Estimate[])[] {
  const errorsOf = errorsByDraws(table, plan);
  const difference = (i: number, j: number): Estimate => {
    for (const need of [needs[i], needs[j]]) if ('invalid' in need) return need.invalid;
    const draws = Math.max(needs[i].draws, needs[j].draws);
    const others = errorsOf(j, draws);
    const gaps = errorsOf(i, draws).map((error, draw) => error - others[draw]);
    return meanOf(firstDraws(table, draws), gaps, plan);
  };
  const matrix: Estimate[][] = needs.map(() => []);
  for (let i = 0; i < needs.length; i++) {
    for (let j = 0; j <= i; j++) {
      matrix[i][j] = difference(i, j);
      matrix[j][i] = i === j ? matrix[i][j] : negated(matrix[i][j]);
    }
  }
  return matrix;
}

/** Squared errors of an attribution over the first draws, computed once for each number of draws. */
function errorsByDraws(
  table: DrawTable,
  { scale }: EstimatePlan,
): (which: number, draws: number) => Float64Array {
  const known = new Map<string, Float64Array>();
  return (which, draws) => {
    const name = `${which} ${draws}`;
    const errors = known.get(name) ?? squaredErrors(firstDraws(table, draws), which, scale);
    known.set(name, errors);
    return errors;
  };
}

/** The estimate of the difference in the other order: rounding is symmetric, so it has the same bits as a computed one. */
function negated(estimate: Estimate): Estimate {
  if (estimate.kind === 'exact') return { ...estimate, value: 0 - estimate.value };
  if (estimate.kind !== 'mean') return estimate;
  const { value, skewness } = estimate;
  return { ...estimate, value: 0 - value, ...(skewness !== undefined && { skewness: 0 - skewness }) };
}
