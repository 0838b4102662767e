import { type Merge, mergeRows, type Shape, sizeOf, type Tensor, tensor } from '@onnxplain/core';

/**
 * The weighted mean and variance of each element over a stream of tensors, by Welford's algorithm: one pass, no cancellation, and the
 * memory of two tensors for any number of draws.
 */
export interface ElementMoments {
  readonly shape: Shape;
  readonly mean: Float64Array;
  /** Weighted sum of squared deviations from the mean. */
  readonly deviations: Float64Array;
  readonly weight: number;
  readonly squaredWeight: number;
}

/** Returns the moments of an empty stream. */
export function noMoments(shape: Shape): ElementMoments {
  const size = sizeOf(shape);
  return {
    shape,
    mean: new Float64Array(size),
    deviations: new Float64Array(size),
    weight: 0,
    squaredWeight: 0,
  };
}

/** Adds a tensor to the moments. Updates the arrays in place. */
export function addElements(moments: ElementMoments, values: Tensor, weight: number): ElementMoments {
  const { mean, deviations } = moments;
  const { data } = values;
  const total = moments.weight + weight;
  const share = total === 0 ? 0 : weight / total;
  for (let i = 0; i < mean.length; i++) {
    const difference = data[i] - mean[i];
    mean[i] += share * difference;
    deviations[i] += weight * difference * (data[i] - mean[i]);
  }
  return { ...moments, weight: total, squaredWeight: moments.squaredWeight + weight * weight };
}

/**
 * Adds n tensors, the rows of `values` [n, ...], with a weight each, as {@link addElements} does one by one. Four rows at a time are
 * reduced to their mean and deviations, which are merged with those before, so that each moment is read and written once for four rows.
 */
export function addRows(
  moments: ElementMoments,
  { data }: Tensor,
  weights: ArrayLike<number>,
): ElementMoments {
  const { mean, shape } = moments;
  const size = mean.length;
  const merges: Merge[] = [];
  let all = moments;
  let i = 0;
  for (; i + 4 <= weights.length; i += 4) {
    const { merge, ...sums } = mergeOf(all, weights, i);
    if (merge !== undefined) merges.push(merge);
    all = { ...all, ...sums };
  }
  mergeRows(all, data, merges);
  for (; i < weights.length; i++)
    all = addElements(all, { shape, data: data.subarray(i * size, (i + 1) * size) }, weights[i]);
  return all;
}

/** How rows i..i+3 are merged, undefined where their weights are 0, and the sums of weights after them. */
function mergeOf(
  { weight, squaredWeight }: ElementMoments,
  weights: ArrayLike<number>,
  i: number,
): Pick<ElementMoments, 'weight' | 'squaredWeight'> & { readonly merge?: Merge } {
  const [u, v, w, z] = [weights[i], weights[i + 1], weights[i + 2], weights[i + 3]];
  const four = u + v + w + z;
  const squares = squaredWeight + u * u + v * v + w * w + z * z;
  if (four === 0) return { weight, squaredWeight: squares };
  const total = weight + four;
  const share = four / total;
  const merge = { first: i, weights: [u, v, w, z], share, each: 1 / four, spread: weight * share } as const;
  return { weight: total, squaredWeight: squares, merge };
}

/** Returns the variance of the tensors that were added (divided by the sum of weights, not by n - 1). */
export function variance({ shape, deviations, weight }: ElementMoments): Tensor {
  return tensor(
    deviations.map((sum) => sum / weight),
    shape,
  );
}

/**
 * Returns the standard error of each mean: sqrt(variance / (n - 1)), where n is the effective number of draws
 * (Σw)²/Σw². Undefined when n is at most 1.
 */
export function standardError({
  shape,
  deviations,
  weight,
  squaredWeight,
}: ElementMoments): Tensor | undefined {
  const effective = weight ** 2 / squaredWeight;
  if (!(effective > 1)) return undefined;
  const errors = new Float64Array(deviations.length);
  for (let j = 0; j < errors.length; j++) errors[j] = Math.sqrt(deviations[j] / weight / (effective - 1));
  return tensor(errors, shape);
}
