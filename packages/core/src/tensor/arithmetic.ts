import ndarray, { type NdArray } from 'ndarray';
import { expectShape, type Tensor, zeros } from './tensor.js';

/** A strided view of the same data: `view(t).pick(0, null)`, `.lo`, `.hi`, `.step`, `.transpose` copy nothing. */
export function view(t: Tensor): NdArray<Float32Array | Float64Array> {
  return ndarray<Float32Array | Float64Array>(t.data, [...t.shape]);
}

/** a + b, one shape; float32 only when both are. Throws `tensor-shape`. */
export function add(a: Tensor, b: Tensor): Tensor {
  const out = zerosFor('add', a, b);
  for (let i = 0; i < out.data.length; i++) out.data[i] = a.data[i] + b.data[i];
  return out;
}

/** a - b, one shape; float32 only when both are. Throws `tensor-shape`. */
export function subtract(a: Tensor, b: Tensor): Tensor {
  const out = zerosFor('subtract', a, b);
  for (let i = 0; i < out.data.length; i++) out.data[i] = a.data[i] - b.data[i];
  return out;
}

/** Elementwise product, one shape; float32 only when both are. Throws `tensor-shape`. */
export function multiply(a: Tensor, b: Tensor): Tensor {
  const out = zerosFor('multiply', a, b);
  for (let i = 0; i < out.data.length; i++) out.data[i] = a.data[i] * b.data[i];
  return out;
}

function zerosFor(where: string, a: Tensor, b: Tensor): Tensor {
  expectShape(where, b, a.shape);
  return zeros(a.shape, a.data instanceof Float64Array ? a : b);
}

/** t times a number, in t's type. */
export function scale(t: Tensor, factor: number): Tensor {
  const out = zeros(t.shape, t);
  for (let i = 0; i < out.data.length; i++) out.data[i] = factor * t.data[i];
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
