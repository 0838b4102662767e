import type { Dim, Shape } from '@onnxplain/core';

/** Whether a shape agrees with dims; a symbol agrees with any size. */
export function fits(shape: Shape, dims: readonly Dim[]): boolean {
  return dims.length === shape.length && dims.every((dim, i) => typeof dim === 'string' || dim === shape[i]);
}
