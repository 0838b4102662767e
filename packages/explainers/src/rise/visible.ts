import { type Draws, fail } from '@onnxplain/core';

/** Sums over draws for each element, of its visible share v, the weight w of the draw and the value y of the draw less `origin`. */
export interface VisibleSums {
  /** The value of the first draw, so that the sums of squares do not cancel. */
  origin: number | undefined;
  draws: number;
  /** Σwv, Σwvy. */
  readonly share: Float64Array;
  readonly value: Float64Array;
  /** Σ(wv)², Σ(wv)²y, Σ(wv)²y². */
  readonly squares: readonly [Float64Array, Float64Array, Float64Array];
}

/** Sums of no draws for inputs of this many elements. */
export function noVisible(size: number): VisibleSums {
  const zeros = () => new Float64Array(size);
  return {
    origin: undefined,
    draws: 0,
    share: zeros(),
    value: zeros(),
    squares: [zeros(), zeros(), zeros()],
  };
}

/** Adds draws with their values, in place. */
export function addVisible(sums: VisibleSums, values: Float64Array, { masks, weights }: Draws): void {
  const removed = masks?.dense().data ?? [];
  const size = sums.share.length;
  const [zeroth, first, second] = sums.squares;
  sums.origin ??= values[0];
  sums.draws += values.length;
  for (let i = 0; i < values.length; i++) {
    const y = values[i] - sums.origin;
    const weight = weights?.[i] ?? 1;
    for (let j = 0; j < size; j++) {
      const share = weight * (1 - removed[i * size + j]);
      const square = share * share;
      sums.share[j] += share;
      sums.value[j] += share * y;
      zeroth[j] += square;
      first[j] += square * y;
      second[j] += square * y * y;
    }
  }
}

/**
 * The mean value by visible share of each element, and its standard error: that of a ratio by linearisation, sqrt(Σ(wv(y - mean))²) / Σwv,
 * times sqrt(n / (n - 1)). Throws `not-applicable` where an element was never visible.
 */
export function visibleMean(
  where: string,
  { origin = 0, draws, share, value, squares: [zeroth, first, second] }: VisibleSums,
): { readonly values: Float64Array; readonly stderr?: Float64Array } {
  const hidden = share.findIndex((sum) => !(sum > 0));
  if (hidden >= 0) {
    fail({
      code: 'not-applicable',
      where,
      expected: 'masks that leave every element visible in some draw',
      got: `element ${hidden}, which ${draws} draws all hide`,
      remedy: 'Take more draws, or masks that remove less.',
    });
  }
  const means = value.map((sum, j) => sum / share[j]);
  const values = means.map((mean) => origin + mean);
  if (draws < 2) return { values };
  const stderr = means.map((mean, j) => {
    const misses = second[j] - 2 * mean * first[j] + mean * mean * zeroth[j];
    return (Math.sqrt(Math.max(0, misses)) / share[j]) * Math.sqrt(draws / (draws - 1));
  });
  return { values, stderr };
}
