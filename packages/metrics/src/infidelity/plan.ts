import type { Estimate } from '@onnxplain/core';
import { type Scale, squaredErrors } from './error.js';
import { estimateMean } from './mean.js';
import type { DrawTable } from './table.js';
import { withWarning } from './warning.js';

/** How many draws are taken and what is made of them. */
export interface EstimatePlan {
  /** Greatest number of draws. */
  readonly draws: number;
  readonly scale: Scale;
  /** Standard error at which an attribution needs no more draws. */
  readonly stderr?: number;
  /** Whether the draws are all there are, so that a mean over them is exact. */
  readonly exhaustive: boolean;
}

/** The infidelity of one attribution over all draws of a table. */
export function estimate(table: DrawTable, which: number, plan: EstimatePlan): Estimate {
  return withWarning(meanOf(table, squaredErrors(table, which, plan.scale), plan));
}

/**
 * The mean of one value for each draw of a table. `invalid` where every perturbation left x as it is: such draws would call every
 * attribution perfect.
 */
export function meanOf(
  { moved, weights }: DrawTable,
  values: Float64Array,
  { exhaustive }: EstimatePlan,
): Estimate {
  const n = values.length;
  if (!moved.includes(1))
    return {
      kind: 'invalid',
      reason: `${n === 1 ? 'the only perturbation is' : `all ${n} perturbations are`} zero`,
      n,
    };
  return estimateMean(values, weights, exhaustive);
}
