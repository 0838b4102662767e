import type { Estimate } from '@onnxplain/core';
import { withDoubt } from './doubt.js';
import { type Scale, squaredErrors } from './error.js';
import { estimateMean } from './mean.js';
import type { Table } from './table.js';

/** How many draws are taken and what is made of them. */
export interface Plan {
  /** Greatest number of draws. */
  readonly draws: number;
  readonly scale: Scale;
  /** Standard error at which an attribution needs no more draws. */
  readonly stderr?: number;
  /** Whether the draws are all there are, so that a mean over them is exact. */
  readonly exhaustive: boolean;
}

/** The infidelity of one attribution over all draws of a table. */
export function estimate(table: Table, which: number, plan: Plan): Estimate {
  return withDoubt(meanOf(table, squaredErrors(table, which, plan.scale), plan));
}

/** The mean of paired differences: what the two share through their draws cancels before the spread is taken. */
export function difference(table: Table, [i, j]: readonly [number, number], plan: Plan): Estimate {
  const others = squaredErrors(table, j, plan.scale);
  return meanOf(
    table,
    squaredErrors(table, i, plan.scale).map((error, draw) => error - others[draw]),
    plan,
  );
}

/** A perturbation that leaves x as it is asks nothing, and would call every attribution perfect. */
function meanOf({ moved, weights }: Table, values: Float64Array, { exhaustive }: Plan): Estimate {
  const n = values.length;
  if (!moved.includes(1)) return { kind: 'invalid', reason: `all ${n} perturbations are zero`, n };
  return estimateMean(values, weights, exhaustive);
}
