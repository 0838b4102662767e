import { formatNumber } from './page/format.js';
import type { TokenRecord } from './record.js';

/** A token with its number, and how often it is repeated. */
export interface TokenRun extends TokenRecord {
  readonly value: number;
  readonly times: number;
}

/** Length of the shortest run that becomes one entry. */
const SHORTEST = 4;

/**
 * Returns tokens with their numbers, in their order. Four or more equal tokens in a row whose numbers are printed equally, such as
 * padding, become one entry.
 */
export function tokenRuns(tokens: readonly TokenRecord[], values: readonly number[]): readonly TokenRun[] {
  const runs: TokenRun[][] = [];
  for (const [i, token] of tokens.entries()) {
    const last = runs.at(-1)?.[0];
    const again = last?.id === token.id && formatNumber(last.value) === formatNumber(values[i]);
    const one = { ...token, value: values[i], times: 1 };
    if (again) runs.at(-1)?.push(one);
    else runs.push([one]);
  }
  return runs.flatMap((run) => (run.length < SHORTEST ? run : [{ ...run[0], times: run.length }]));
}
