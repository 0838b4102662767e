import ndarray, { type NdArray } from 'ndarray';
import ops from 'ndarray-ops';
import { expectShape, type Tensor, zeros } from './tensor.js';

/** A strided view of the same data: `view(t).pick(0, null)`, `.lo`, `.hi`, `.step`, `.transpose` copy nothing. */
export function view(t: Tensor): NdArray<Float32Array | Float64Array> {
  return ndarray<Float32Array | Float64Array>(t.data, [...t.shape]);
}

type Elementwise = (out: NdArray, a: NdArray, b: NdArray) => unknown;

function elementwise(name: string, op: Elementwise): (a: Tensor, b: Tensor) => Tensor {
  return (a, b) => {
    expectShape(name, b, a.shape);
    const out = zeros(a.shape, a.data instanceof Float64Array ? a : b);
    op(view(out), view(a), view(b));
    return out;
  };
}

/** a + b, one shape; float32 only when both are. Throws `tensor-shape`. */
export const add = elementwise('add', ops.add);
/** a - b, one shape; float32 only when both are. Throws `tensor-shape`. */
export const subtract = elementwise('subtract', ops.sub);
/** Elementwise product, one shape; float32 only when both are. Throws `tensor-shape`. */
export const multiply = elementwise('multiply', ops.mul);

/** t times a number, in t's type. */
export function scale(t: Tensor, factor: number): Tensor {
  const out = zeros(t.shape, t);
  ops.muls(view(out), view(t), factor);
  return out;
}

/** Sum of all elements in float64, first to last. */
export function sum({ data }: Tensor): number {
  let total = 0;
  for (let i = 0; i < data.length; i++) total += data[i];
  return total;
}

/** Sum of products in float64; the shapes must agree. Throws `tensor-shape`. */
export function dot(a: Tensor, b: Tensor): number {
  expectShape('dot', b, a.shape);
  let sum = 0;
  for (let i = 0; i < a.data.length; i++) sum += a.data[i] * b.data[i];
  return sum;
}
