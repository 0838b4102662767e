import { type Estimate, fold } from '@onnxplain/core';
import { type EstimatePlan, estimate } from './plan.js';
import { type DrawTable, emptyTable, fillTable, firstDraws, type Setting } from './table.js';
import { isOneValue } from './warning.js';

/** The number of draws for the estimate of an attribution, or the reason why there is no estimate. */
export type Need = { readonly draws: number } | { readonly draws: 0; readonly invalid: Estimate };

/** Number of pilot draws after which the spread is estimated first. Fewer draws give no reliable spread. */
const LEAST = 200;
/** Degrees of freedom at which the spread counts as known: its estimate is then within about a factor of 2. */
const KNOWN = 10;
/** Quantile of the normal distribution at 95 %. */
const Z95 = 1.645;

/**
 * Returns how many draws each attribution needs to reach the standard error of the plan.
 *
 * The number is computed from pilot draws, which have a key of their own and are never part of an estimate. An estimate from the draws
 * that decided when to stop would be too low, because draws that happen to lack rare large values have a small spread. The pilot grows
 * until the spread is known, to at most half of the plan's draws; if it stays unknown, all draws are needed. Draws that are equal up to
 * rounding never make it known. The number of draws is increased for the uncertainty of the spread, so that most estimates reach the
 * standard error, and is at least the number of pilot draws.
 *
 * The pilot is evaluated after fixed numbers of draws and for each attribution separately, so that neither batches nor the other
 * attributions change the result.
 * Source: Stein 1945 (two-stage sampling).
 */
export async function drawsNeeded(
  setting: Setting,
  plan: EstimatePlan,
  whole: number,
): Promise<readonly Need[]> {
  const pilot = { ...setting, key: fold(setting.key, 'pilot') };
  const table = emptyTable(Math.floor(plan.draws / 2), setting.attributions.length);
  const needs: (Need | undefined)[] = setting.attributions.map(() => undefined);
  let filled = 0;
  for (let to = LEAST; to <= plan.draws / 2 && needs.includes(undefined); to = Math.ceil(1.5 * to)) {
    await fillTable(pilot, table, { from: filled, to, whole });
    filled = to;
    for (let which = 0; which < needs.length; which++) needs[which] ??= decide(table, { to, which, plan });
  }
  return needs.map((need) => need ?? { draws: plan.draws });
}

/** Returns the draws that one attribution needs, from the first `to` pilot draws; undefined where the spread is not known yet. */
function decide(table: DrawTable, at: { to: number; which: number; plan: EstimatePlan }): Need | undefined {
  const { to, which, plan } = at;
  const found = estimate(firstDraws(table, to), which, plan);
  if (found.kind === 'invalid') return { draws: 0, invalid: found };
  if (found.kind !== 'mean' || plan.stderr === undefined) return { draws: plan.draws };
  const { stderr, freedom } = found;
  if (isOneValue(found) || freedom === undefined || freedom < KNOWN) return undefined;
  const variance = (stderr / plan.stderr) ** 2 * (1 + Z95 * Math.sqrt(2 / freedom));
  return { draws: Math.min(plan.draws, Math.max(to, Math.ceil(to * variance))) };
}
