import { asBatch, type Comparison } from '@onnxplain/core';
import { differencesOf } from './differences.js';
import { type EstimatePlan, estimate } from './plan.js';
import { drawsNeeded, type Need } from './stopping.js';
import { emptyTable, fillTable, firstDraws, type Setting } from './table.js';

/**
 * One pass of draws for all attributions. Each is estimated from the first draws, as many as it needs, whatever the others need, so
 * that its estimate is the one it would get alone.
 */
export async function compareOnDraws(setting: Setting, plan: EstimatePlan): Promise<Comparison> {
  const { f, x, attributions } = setting;
  const [whole] = await f.value(asBatch(x));
  const needs: readonly Need[] =
    plan.stderr === undefined
      ? attributions.map(() => ({ draws: plan.draws }))
      : await drawsNeeded(setting, plan, whole);
  const most = Math.max(...needs.map(({ draws }) => draws));
  const table = emptyTable(most, attributions.length);
  await fillTable(setting, table, { from: 0, to: most, whole });
  return {
    measured: needs.map((need, which) => ({
      estimate: 'invalid' in need ? need.invalid : estimate(firstDraws(table, need.draws), which, plan),
    })),
    differences: differencesOf(table, needs, plan),
  };
}
