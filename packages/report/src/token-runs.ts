import { formatNumber } from './page/format.js';
import type { TokenRecord } from './record.js';

/** A token with its number, and how often both stand there in a row. */
export interface TokenRun extends TokenRecord {
  readonly value: number;
  readonly times: number;
}

/** Shorter runs are left as they are. */
const SHORTEST = 4;

/**
 * Tokens with their numbers, in their order; the same token with the same number as it is printed, four times or more in
 * a row, is one entry: padding, as a rule.
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
