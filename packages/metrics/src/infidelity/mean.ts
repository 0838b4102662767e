import type { Estimate } from '@onnxplain/core';
import { counted } from '@onnxplain/core';

/**
 * Estimates the self-normalised weighted mean Σwz/Σw with its jackknife standard error, which is s/√n for equal weights. The estimate
 * also has the degrees of freedom and the skewness that `interval` needs for few or skewed draws. It is `exact` when the values are those
 * of all possible draws, and `invalid`, with the reason, when a value or a weight is not finite, when the weights do not have a positive
 * sum, and when a single draw has all the weight, so that the standard error is unknown.
 */
export function estimateMean(values: Float64Array, weights: Float64Array, exhaustive: boolean): Estimate {
  const n = values.length;
  const total = sum(weights);
  const reason = defect(values, weights);
  if (reason !== undefined) return { kind: 'invalid', reason, n };
  const value = sumOf(n, (i) => weights[i] * values[i]) / total;
  if (exhaustive) return { kind: 'exact', value, n };
  const effective = total ** 2 / sumOf(n, (i) => weights[i] ** 2);
  if (n < 2 || effective < 1 + 1e-9) return { kind: 'invalid', reason: oneDraw(n), n };
  const weighted = !isConstant(weights);
  const common = { kind: 'mean', n, ...(weighted && { effective }) } as const;
  // Rounding in the mean of equal numbers must not count as spread.
  if (isConstant(values)) return { ...common, value: values[0], stderr: 0 };
  // By how much the mean changes when one draw is left out.
  const changes = new Float64Array(n);
  for (let i = 0; i < n; i++) changes[i] = (weights[i] * (values[i] - value)) / (total - weights[i]);
  return { ...common, value, ...spread(changes, effective) };
}

/**
 * Returns the standard error, the skewness of the mean, and the degrees of freedom of the variance: 2 / (relative variance of the
 * variance), which is about n for normal values. Where all values are equal, only the standard error, which is 0.
 * Sources: Efron and Stein 1981 (jackknife); Satterthwaite 1946 (degrees of freedom).
 */
function spread(
  changes: Float64Array,
  effective: number,
): { stderr: number; freedom?: number; skewness?: number } {
  const n = changes.length;
  const squares = sumOf(n, (i) => changes[i] ** 2);
  const stderr = Math.sqrt(((n - 1) / n) * squares);
  if (stderr === 0) return { stderr };
  const shareOf = (i: number) => changes[i] ** 2 / squares;
  const excess = Math.max(0, sumOf(n, (i) => shareOf(i) ** 2) - 1 / n);
  return {
    stderr,
    freedom: Math.max(1, Math.min(effective - 1, 2 / excess)),
    skewness: sumOf(n, (i) => (changes[i] / Math.sqrt(squares)) * shareOf(i)),
  };
}

function defect(values: Float64Array, weights: Float64Array): string | undefined {
  const n = values.length;
  let broken = 0;
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(values[i]) || !Number.isFinite(weights[i])) broken++;
  }
  const total = sum(weights);
  if (broken > 0) return `${broken} of ${counted(n, 'draw')} ${broken === 1 ? 'is' : 'are'} not finite`;
  return total <= 0 ? `the weights of ${counted(n, 'draw')} sum to ${total}` : undefined;
}

function oneDraw(n: number): string {
  return n === 1
    ? 'one draw has no standard error'
    : `one of ${n} draws has all the weight, so that there is no standard error`;
}

const sum = (values: Float64Array): number => sumOf(values.length, (i) => values[i]);

/** The sum of n numbers. Typed arrays have no map that is as fast as this loop. */
function sumOf(n: number, term: (i: number) => number): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += term(i);
  return total;
}

function isConstant(values: Float64Array): boolean {
  for (let i = 1; i < values.length; i++) if (values[i] !== values[0]) return false;
  return true;
}
