import type { Estimate } from '../types/estimate.js';

/** The estimate to give when a statistic met values that are not numbers; undefined when all were finite. */
export function invalid({ n, nonFinite }: { n: number; nonFinite: number }): Estimate | undefined {
  if (nonFinite === 0) return undefined;
  const total = n + nonFinite;
  return { kind: 'invalid', reason: `${nonFinite} of ${total} draws are not finite`, n: total };
}

/** A mean with its standard error, or `invalid` when a draw was not finite or there was none. */
export function meanEstimate(of: {
  readonly n: number;
  readonly mean: number;
  readonly stderr: number;
  readonly nonFinite: number;
}): Estimate {
  if (of.n + of.nonFinite === 0) return { kind: 'invalid', reason: 'no draws', n: 0 };
  return invalid(of) ?? { kind: 'mean', value: of.mean, stderr: of.stderr, n: of.n };
}

/** The maximum of draws is a lower bound of the maximum; `invalid` when a draw was not finite or there was none. */
export function boundEstimate(of: {
  readonly n: number;
  readonly value: number;
  readonly nonFinite: number;
}): Estimate {
  if (of.n + of.nonFinite === 0) return { kind: 'invalid', reason: 'no draws', n: 0 };
  return invalid(of) ?? { kind: 'bound', side: 'lower', value: of.value, n: of.n };
}
