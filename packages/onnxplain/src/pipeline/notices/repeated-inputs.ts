import { feedsOf } from '../query/arrays.js';
import { contentOf } from '../query/content.js';
import type { QueriedInputs } from '../query/query.js';
import { indicesOf, whereOf } from './text.js';

/**
 * Warns of inputs that an earlier input repeats: the same numbers, feeds and query. They get the same draws and so the same estimates, and
 * the standard error of a mean over inputs, which takes inputs for independent, is too small.
 */
export function repeatedInputNotices({
  inputs,
  queries,
  arrays,
}: Pick<QueriedInputs, 'inputs' | 'queries' | 'arrays'>): readonly string[] {
  const earlier = new Set<string>();
  const repeated = inputs.map(({ tensor }, i) => {
    const identity = `${contentOf(tensor, feedsOf(queries[i], arrays))} ${JSON.stringify(queries[i])}`;
    const known = earlier.has(identity);
    earlier.add(identity);
    return known;
  });
  const at = indicesOf(repeated, (known) => known);
  if (at.length === 0) return [];
  const where = whereOf(
    at,
    inputs.map(({ name }) => name),
  );
  return [
    `an input repeats an earlier one ${where}; means over inputs count each as independent, so that their standard errors are too small: give each input once`,
  ];
}
