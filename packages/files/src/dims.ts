import type { Dim, Shape } from '@onnxplain/core';

/** Whether an array of this shape can be fed; a symbol takes any size. */
export function fits(shape: Shape, dims: readonly Dim[]): boolean {
  return dims.length === shape.length && dims.every((dim, i) => typeof dim === 'string' || dim === shape[i]);
}
