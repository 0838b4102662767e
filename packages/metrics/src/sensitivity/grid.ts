import { type Key, norm, stream, type Tensor, toFloat32, toFloat64 } from '@onnxplain/core';

/** The inputs that a model can distinguish: those that its number type can represent. */
export interface Grid {
  /** Half the relative distance of two neighbouring numbers. */
  readonly unit: number;
  /** The nearest input of the grid, as float64. */
  round(at: Tensor): Tensor;
}

const FLOAT32: Grid = { unit: 2 ** -24, round: (at) => toFloat64(toFloat32(at)) };
const FLOAT64: Grid = { unit: 2 ** -53, round: toFloat64 };

/**
 * The grid of float32 numbers, also for a float64 x, because that may go into a float32 model. The grid of float64 numbers, where those of
 * float32 are too coarse for inputs that are `step` apart.
 */
export function gridOf(x: Tensor, step: number): Grid {
  if (x.data instanceof Float32Array) return FLOAT32;
  return norm(x, 'linf') * FLOAT32.unit > step / 1000 ? FLOAT64 : FLOAT32;
}

/** An input of the grid with each element moved to the next number up or down, at random. Zeros stay. */
export function nextTo(at: Tensor, { round, unit }: Grid, key: Key): Tensor {
  const random = stream(key);
  const data = toFloat64(at).data.map((value) => value * (1 + (random.below(2) === 0 ? -2 : 2) * unit));
  return round({ ...at, data });
}
