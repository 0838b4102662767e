import { counted } from '../counted.js';
import type { Estimate } from '../types/estimate.js';

/** Returns an `invalid` estimate when draws were not finite, undefined when all were. */
export function invalid({ n, nonFinite }: { n: number; nonFinite: number }): Estimate | undefined {
  if (nonFinite === 0) return undefined;
  const total = n + nonFinite;
  return {
    kind: 'invalid',
    reason: `${nonFinite} of ${counted(total, 'draw')} ${nonFinite === 1 ? 'is' : 'are'} not finite`,
    n: total,
  };
}

/** Makes a mean with its standard error; `invalid` when a draw was not finite or there was no draw. */
export function meanEstimate(of: {
  readonly n: number;
  readonly mean: number;
  readonly stderr: number;
  readonly nonFinite: number;
}): Estimate {
  if (of.n + of.nonFinite === 0) return { kind: 'invalid', reason: 'no draws', n: 0 };
  return invalid(of) ?? { kind: 'mean', value: of.mean, stderr: of.stderr, n: of.n };
}

/** Makes the lower bound that the maximum of draws is; `invalid` when a draw was not finite or there was no draw. */
export function boundEstimate(of: {
  readonly n: number;
  readonly value: number;
  readonly nonFinite: number;
}): Estimate {
  if (of.n + of.nonFinite === 0) return { kind: 'invalid', reason: 'no draws', n: 0 };
  return invalid(of) ?? { kind: 'bound', side: 'lower', value: of.value, n: of.n };
}
