import { asBatch, type Comparison, fail } from '@onnxplain/core';
import { difference, estimate, type Plan } from './plan.js';
import { drawsNeeded, type Need } from './stopping.js';
import { emptyTable, fillTable, firstDraws, type Setting } from './table.js';

/**
 * One pass of draws for all attributions. Each is estimated from the first draws, as many as it needs, whatever the others need, so
 * that its estimate is the one it would get alone.
 */
export async function compareOnDraws(setting: Setting, plan: Plan): Promise<Comparison> {
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
    estimates: needs.map((need, which) =>
      'invalid' in need ? need.invalid : estimate(firstDraws(table, need.draws), which, plan),
    ),
    difference: (i, j) => {
      expectIndices([i, j], needs.length);
      for (const need of [needs[i], needs[j]]) if ('invalid' in need) return need.invalid;
      return difference(firstDraws(table, Math.max(needs[i].draws, needs[j].draws)), [i, j], plan);
    },
  };
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
