import type { Estimate, MeanEstimate } from '@onnxplain/core';
import { counted } from '@onnxplain/core';

/** With fewer (effective) draws than this, an interval is reliable only for distributions without long tails. */
const FEW = 100;

/** Spread of draws, relative to their mean, that a few roundings of float32 (6e-8 each) can cause. */
const ROUNDING = 2 ** -20;

/** Whether all draws gave the same number up to rounding. Their spread then does not show how large rare values are. */
export function isOneValue({ value, stderr, n, effective = n }: MeanEstimate): boolean {
  return stderr * Math.sqrt(effective) <= ROUNDING * Math.abs(value);
}

/** Adds a warning to an estimate whose draws are too few, too unequal or too similar for a reliable interval. */
export function withWarning(estimate: Estimate): Estimate {
  if (estimate.kind !== 'mean') return estimate;
  const warning = warningOf(estimate);
  return warning === undefined ? estimate : { ...estimate, warning };
}

function warningOf(estimate: MeanEstimate): string | undefined {
  const { n, effective } = estimate;
  if (isOneValue(estimate)) return `all ${n} draws gave one value: ${missed(n)}`;
  if (effective === undefined) return n < FEW ? `only ${counted(n, 'draw')}: ${missed(n)}` : undefined;
  if (effective >= FEW) return undefined;
  return `the weights make ${n} draws worth ${effective.toFixed(1)}: the interval may be too narrow`;
}

/** A value that 1 of n/3 draws has is missing from n draws with a probability of e^-3, about 5 %. */
function missed(n: number): string {
  return `what happens in fewer than 1 of ${counted(Math.ceil(n / 3), 'draw')} may have been missed`;
}
