import type { Estimate } from '@onnxplain/core';

/**
 * Self-normalised weighted mean Σwz/Σw with its jackknife standard error, which is s/√n for equal weights, and what `interval` needs
 * to be honest about few and skewed draws. `exact` when the values are all there are. `invalid`, with the reason, when a value or a
 * weight is not finite, when the weights sum to nothing, or when one draw alone leaves the error unknown.
 */
export function estimateMean(values: Float64Array, weights: Float64Array, exhaustive: boolean): Estimate {
  const n = values.length;
  const total = sum(weights);
  const reason = defect(values, weights);
  if (reason !== undefined) return { kind: 'invalid', reason, n };
  const value = sum(values.map((z, i) => weights[i] * z)) / total;
  if (exhaustive) return { kind: 'exact', value, n };
  const effective = total ** 2 / sum(weights.map((w) => w * w));
  if (n < 2 || effective < 1 + 1e-9) return { kind: 'invalid', reason: oneDraw(n), n };
  const weighted = weights.some((w) => w !== weights[0]);
  const common = { kind: 'mean', n, ...(weighted && { effective }) } as const;
  // A mean of equal numbers is off by rounding, which is no spread.
  if (values.every((z) => z === values[0])) return { ...common, value: values[0], stderr: 0 };
  // How far the mean moves when a draw is left out.
  const moves = values.map((z, i) => (weights[i] * (z - value)) / (total - weights[i]));
  return { ...common, value, ...spread(moves, effective) };
}

/**
 * Standard error, skewness of the mean, and the degrees of freedom with which the spread is known, 2 / (relative variance of the
 * variance), which is about n for normal values. The last two are absent where all values are equal.
 * Sources: Efron and Stein 1981 (jackknife); Satterthwaite 1946 (degrees of freedom).
 */
function spread(
  moves: Float64Array,
  effective: number,
): { stderr: number; freedom?: number; skewness?: number } {
  const n = moves.length;
  const squares = sum(moves.map((d) => d * d));
  const stderr = Math.sqrt(((n - 1) / n) * squares);
  if (stderr === 0) return { stderr };
  const shares = moves.map((d) => (d * d) / squares);
  const excess = Math.max(0, sum(shares.map((p) => p * p)) - 1 / n);
  return {
    stderr,
    freedom: Math.max(1, Math.min(effective - 1, 2 / excess)),
    skewness: sum(moves.map((d, i) => (d / Math.sqrt(squares)) * shares[i])),
  };
}

function defect(values: Float64Array, weights: Float64Array): string | undefined {
  const n = values.length;
  let broken = 0;
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(values[i]) || !Number.isFinite(weights[i])) broken++;
  }
  const total = sum(weights);
  if (broken > 0) return `${broken} of ${n} draws are not finite`;
  return total <= 0 ? `the weights of ${n} draws sum to ${total}` : undefined;
}

function oneDraw(n: number): string {
  return n === 1
    ? 'one draw has no standard error'
    : `the weight of ${n} draws lies on one, which has no standard error`;
}

function sum(values: Float64Array): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
}
