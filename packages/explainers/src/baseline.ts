import { broadcast, full, option, type Shape, type Tensor, toFloat64 } from '@onnxplain/core';

/** What an element is when it is absent: one number for all elements, or a tensor that has the input's shape or is repeated to it. */
export type Baseline = number | Tensor;

export const baselineOption = () => option.baseline().default(0);

/** The baseline as a float64 tensor of this shape; throws `tensor-shape` when it does not go into it. */
export function fillBaseline(baseline: Baseline, shape: Shape): Tensor {
  if (typeof baseline === 'number') return full(shape, baseline);
  return toFloat64(broadcast('baseline', baseline, shape));
}
