import type { Estimate } from '@onnxplain/core';

/**
 * Self-normalised weighted mean m = Σwz/Σw with standard error sqrt(n/(n-1) · Σw²(z-m)²)/Σw, which is s/sqrt(n) for equal
 * weights. `exact` when the values are all there are. `invalid`, with the reason, when a value or a weight is not finite, when
 * the weights sum to nothing, or when one draw alone leaves the error unknown.
 */
export function estimateMean(values: Float64Array, weights: Float64Array, complete: boolean): Estimate {
  const n = values.length;
  const reason = defect(values, weights, complete);
  if (reason !== undefined) return { kind: 'invalid', reason, n };
  const value = weightedMean(values, weights);
  if (complete) return { kind: 'exact', value, n };
  let squares = 0;
  let total = 0;
  for (let i = 0; i < n; i++) {
    squares += (weights[i] * (values[i] - value)) ** 2;
    total += weights[i];
  }
  return { kind: 'mean', value, stderr: Math.sqrt((n / (n - 1)) * squares) / total, n };
}

function weightedMean(values: Float64Array, weights: Float64Array): number {
  let sum = 0;
  let total = 0;
  for (let i = 0; i < values.length; i++) {
    sum += weights[i] * values[i];
    total += weights[i];
  }
  return sum / total;
}

function defect(values: Float64Array, weights: Float64Array, complete: boolean): string | undefined {
  const n = values.length;
  let broken = 0;
  let total = 0;
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(values[i]) || !Number.isFinite(weights[i])) broken++;
    total += weights[i];
  }
  if (broken > 0) return `${broken} of ${n} draws are not finite`;
  if (total <= 0) return `the weights of ${n} draws sum to ${total}`;
  if (n < 2 && !complete) return 'one draw has no standard error';
  return undefined;
}
