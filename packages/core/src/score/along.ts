import { dot } from '../tensor/arithmetic.js';
import { row } from '../tensor/rows.js';
import { expectShape, type Tensor } from '../tensor/tensor.js';
import type { Batch, Score } from '../types/score.js';

/** What the derivative of a score along a direction is made of. */
export interface SecondOrder extends Pick<Score, 'shape' | 'bounds' | 'layout' | 'gradient'> {
  /** The Hessian of f at every row times one direction of the shape of an input, in the batch's shape. */
  hessianTimes(batch: Batch, direction: Tensor): Promise<Tensor>;
}

/**
 * The derivative of f along a direction, as a score: its value is the product of the direction and the gradient of f, and its gradient is
 * the Hessian of f times the direction. Throws `tensor-shape` for a direction without the shape of an input.
 */
export function derivativeAlong(
  { shape, bounds, layout, gradient, hessianTimes }: SecondOrder,
  direction: Tensor,
): Score {
  expectShape('score.along(direction)', direction, shape);
  return {
    shape,
    bounds,
    ...(layout && { layout }),
    rules: 'gradient',
    async value(batch) {
      const slopes = await gradient(batch);
      return Float64Array.from({ length: batch.shape[0] }, (_, i) => dot(row(slopes, i), direction));
    },
    gradient: (batch) => hessianTimes(batch, direction),
  };
}
