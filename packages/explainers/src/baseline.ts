import { broadcast, full, option, type Shape, type Tensor, toFloat64 } from '@onnxplain/core';

/** The input that stands for "nothing is there": one number for all elements, or a tensor of the input's shape or repeated to it. */
export type Baseline = number | Tensor;

/** The option `baseline`, default 0; `use` says in its help what the explainer does with it. */
export const baselineOption = (use: string) =>
  option
    .baseline()
    .default(0)
    .describe(`${use} One number for all elements, or a tensor of the input's shape or repeated to it.`);

/** The baseline as a float64 tensor of this shape. Throws `tensor-shape` when it does not go into the shape. */
export function fillBaseline(baseline: Baseline, shape: Shape): Tensor {
  if (typeof baseline === 'number') return full(shape, baseline);
  return toFloat64(broadcast('baseline', baseline, shape));
}
