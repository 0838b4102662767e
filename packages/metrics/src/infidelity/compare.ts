import { asBatch, type Comparison, type Estimate, fail } from '@onnxplain/core';
import { type Scale, squaredErrors } from './error.js';
import { estimateMean } from './mean.js';
import { emptyTable, fillTable, firstDraws, type Setting, type Table } from './table.js';

/** How many draws are taken and what is made of them. */
export interface Plan {
  readonly draws: number;
  readonly scale: Scale;
  /** Standard error at which an attribution needs no more draws. */
  readonly stderr?: number;
  /** Whether the draws are all there are, so that a mean over them is exact. */
  readonly complete: boolean;
}

/**
 * One pass of draws for all attributions. Each is estimated from the draws up to the checkpoint where it reached the standard
 * error asked for, whatever the others need, so that its estimate is the one it would get alone.
 */
export async function compareOnDraws(setting: Setting, plan: Plan): Promise<Comparison> {
  const { f, x, attributions } = setting;
  const [whole] = await f.value(asBatch(x));
  const table = emptyTable(plan.draws, attributions.length);
  const taken = attributions.map(() => plan.draws);
  let filled = 0;
  for (const to of checkpoints(plan)) {
    await fillTable(setting, table, { from: filled, to, whole });
    filled = to;
    for (let which = 0; which < taken.length; which++) {
      const undecided = to < taken[which];
      if (undecided && settled(estimate(firstDraws(table, to), which, plan), plan)) taken[which] = to;
    }
    if (taken.every((n) => n <= to)) break;
  }
  return {
    estimates: taken.map((n, which) => estimate(firstDraws(table, n), which, plan)),
    difference: (i, j) => {
      expectIndices([i, j], taken.length);
      return difference(firstDraws(table, Math.max(taken[i], taken[j])), [i, j], plan);
    },
  };
}

/** Numbers of draws after which the standard error is looked at: fixed, so that batching cannot change the result. */
function* checkpoints({ draws, stderr }: Plan): Generator<number> {
  if (stderr !== undefined) for (let n = 200; n < draws; n = Math.ceil(1.5 * n)) yield n;
  yield draws;
}

/** Whether more draws are of no use: the error is small enough, or a draw was not finite. */
function settled(found: Estimate, { stderr = 0 }: Plan): boolean {
  return found.kind === 'mean' ? found.stderr <= stderr : found.kind === 'invalid';
}

function estimate(table: Table, which: number, { scale, complete }: Plan): Estimate {
  return estimateMean(squaredErrors(table, which, scale), table.weights, complete);
}

/** The mean of paired differences: what the two share through their draws cancels before the spread is taken. */
function difference(table: Table, [i, j]: readonly [number, number], { scale, complete }: Plan): Estimate {
  const others = squaredErrors(table, j, scale);
  const gaps = squaredErrors(table, i, scale).map((error, draw) => error - others[draw]);
  return estimateMean(gaps, table.weights, complete);
}

function expectIndices(indices: readonly number[], count: number): void {
  const odd = indices.find((index) => !Number.isInteger(index) || index < 0 || index >= count);
  if (odd === undefined) return;
  fail({
    code: 'option-value',
    where: 'difference(i, j)',
    expected: `numbers of attributions, from 0 to ${count - 1}`,
    got: String(odd),
  });
}
