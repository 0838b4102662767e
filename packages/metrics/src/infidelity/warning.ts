import type { Estimate, MeanEstimate } from '@onnxplain/core';

/** Below this many draws, or draws' worth, an interval can be trusted for values without long tails only. */
const FEW = 100;

/** Spread of draws, relative to their mean, that float32's rounding makes: it rounds at 6e-8, and errors of a few roundings add up. */
const ROUNDING = 2 ** -20;

/** Whether all draws gave the same number, to rounding: their spread then says nothing of what is rare. */
export function isOneValue({ value, stderr, n, effective = n }: MeanEstimate): boolean {
  return stderr * Math.sqrt(effective) <= ROUNDING * Math.abs(value);
}

/** The estimate with a warning where its draws are too few, too unequal or too much alike for its interval to be trusted. */
export function withWarning(estimate: Estimate): Estimate {
  if (estimate.kind !== 'mean') return estimate;
  const warning = warningOf(estimate);
  return warning === undefined ? estimate : { ...estimate, warning };
}

function warningOf(estimate: MeanEstimate): string | undefined {
  const { n, effective } = estimate;
  if (isOneValue(estimate)) return `all ${n} draws gave one value: ${missed(n)}`;
  if (effective === undefined) return n < FEW ? `only ${n} draws: ${missed(n)}` : undefined;
  if (effective >= FEW) return undefined;
  return `the weights make ${n} draws worth ${effective.toFixed(1)}: the interval may be too narrow`;
}

/** What happens in 1 of n/3 draws is in none of n draws with a probability of e^-3, 5 %. */
function missed(n: number): string {
  return `what happens in fewer than 1 of ${Math.ceil(n / 3)} draws may have been missed`;
}
