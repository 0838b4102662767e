import { marginObjective } from '@onnxplain/core';
import { decisionDefaults, decisionSearch } from '../decision/search.js';
import type { Oracle, Searched } from '../search/oracle.js';
import { addChecks, floatsLike, inputOf } from '../search/rows.js';
import { searchFrom } from './search-from.js';

/**
 * A slope counts as none where the margin, made linear at the input, changes by less than this share of it even if each element moves by
 * its size, or by 1 if that is more. So are the slopes of probabilities in float32 where one is rounded to 1.
 */
const NO_SLOPE = 2 ** -10;

type WithOracle = Searched & { readonly oracle: Oracle };

/**
 * Searches by `decision`, which needs no slopes, the rows for which nothing was found, where the score has no slope at their input. Costs
 * one gradient for each input of such rows. The check `decision` says for which rows it searched.
 */
export async function searchWithoutSlopes(searched: WithOracle): Promise<void> {
  const { rows, best } = searched;
  const lost = [...best.norms.keys()].filter((row) => best.norms[row] === Number.POSITIVE_INFINITY);
  const firsts = new Map([...lost].reverse().map((row) => [rows.inputs[row], row]));
  const flat = new Set<number>();
  for (const [input, row] of firsts) if (await hasNoSlope(searched, row)) flat.add(input);
  const starts = new Map(
    lost.filter((row) => flat.has(rows.inputs[row])).map((row) => [row, inputOf(rows, row)]),
  );
  await searchFrom(searched, starts, decisionSearch(decisionDefaults));
  for (const row of starts.keys()) addChecks(best, row, { decision: true });
}

async function hasNoSlope({ rows, oracle, best }: WithOracle, row: number): Promise<boolean> {
  const x = inputOf(rows, row);
  const points = { data: floatsLike(x, x.length), owners: Int32Array.of(row) };
  points.data.set(x);
  const { gradients } = await oracle.fullSlopes(points, marginObjective);
  let change = 0;
  for (let j = 0; j < x.length; j++) change += Math.abs(gradients[j]) * Math.max(1, Math.abs(x[j]));
  if (change === 0) best.zeroGradients[row]++;
  return change < NO_SLOPE * rows.margins[row];
}
