import { type Shape, sizeOf, type Tensor, tensor } from '@onnxplain/core';

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
  return tensor(
    deviations.map((sum) => Math.sqrt(sum / weight / (effective - 1))),
    shape,
  );
}
