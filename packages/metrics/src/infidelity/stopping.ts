import { type Estimate, fold } from '@onnxplain/core';
import { type EstimatePlan, estimate } from './plan.js';
import { type DrawTable, emptyTable, fillTable, firstDraws, type Setting } from './table.js';
import { isOneValue } from './warning.js';

/** How many draws an attribution is estimated from, or why it cannot be. */
export type Need = { readonly draws: number } | { readonly draws: 0; readonly invalid: Estimate };

/** Draws of the first look at the spread: fewer say too little of any distribution. */
const LEAST = 200;
/** Degrees of freedom from which on the spread counts as known: it is then within about a factor 2 of the truth. */
const KNOWN = 10;
/** Quantile of the normal distribution at 95 %. */
const Z95 = 1.645;

/**
 * How many draws each attribution needs for the standard error that the plan asks for. This is decided on a pilot, draws of a key of
 * their own that are never part of an estimate: an estimate from the draws that decided would be too low, because draws that happen
 * to lack the rare large values look precise. The pilot goes on until the spread is known, which draws that are equal, to rounding,
 * never make it, up to half of the plan's draws; where it stays unknown, all draws are needed. The number that follows from the
 * spread is raised by how badly the spread is known, so that most estimates reach the standard error, and is at least that of the
 * pilot.
 * The pilot is looked at after fixed numbers of draws, for each attribution alone: neither batches nor rivals change the result.
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

/** What the first draws of the pilot decide for one attribution; undefined where they do not tell. */
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
