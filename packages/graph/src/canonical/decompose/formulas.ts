import { codeOf } from '@onnxplain/core';
import type { GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import type { DataType } from '../../ir/types.js';

/** Emits a Cast, or returns the value itself where it has the dtype. */
export function cast(b: GraphBuilder, value: string, dtype: DataType): string {
  return b.dtype(value) === dtype ? value : b.emit('Cast', [value], { to: attr.int(codeOf(dtype)) });
}

/** value * factor. */
export function scaled(b: GraphBuilder, value: string, factor: number): string {
  return factor === 1 ? value : b.emit('Mul', [value, b.scalar(factor, value)]);
}

/** x/2 * (1 + erf(x / sqrt 2)); one Gelu node since opset 20. */
export function gelu(b: GraphBuilder, x: string): string {
  if (b.opset >= 20) return b.emit('Gelu', [x]);
  const erf = b.emit('Erf', [b.emit('Div', [x, b.scalar(Math.SQRT2, x)])]);
  return scaled(b, b.emit('Mul', [x, b.emit('Add', [erf, b.scalar(1, x)])]), 0.5);
}

/** x/2 * (1 + tanh(sqrt(2/pi) * (x + 0.044715 x³))). */
export function tanhGelu(b: GraphBuilder, x: string): string {
  const cube = b.emit('Mul', [b.emit('Mul', [x, x]), x]);
  const inner = scaled(b, b.emit('Add', [x, scaled(b, cube, 0.044715)]), Math.sqrt(2 / Math.PI));
  const gate = b.emit('Add', [b.emit('Tanh', [inner]), b.scalar(1, x)]);
  return scaled(b, b.emit('Mul', [x, gate]), 0.5);
}

/** x * sigmoid(alpha * x). */
export function swish(b: GraphBuilder, x: string, alpha: number): string {
  return b.emit('Mul', [x, b.emit('Sigmoid', [scaled(b, x, alpha)])]);
}

/** Returns x / sqrt(mean(x²) + epsilon) with the mean over the axes from `axis` on, and the reciprocal of the root. */
export function rootMeanSquare(
  b: GraphBuilder,
  x: string,
  { axis, epsilon }: { axis: number; epsilon: number },
): readonly [normal: string, inverse: string] {
  const rank = b.rank(x);
  const first = axis < 0 ? axis + rank : axis;
  const axes = b.ints(Array.from({ length: rank - first }, (_, i) => first + i));
  const mean = b.emit('ReduceMean', [b.emit('Mul', [x, x]), axes]);
  const root = b.emit('Sqrt', [b.emit('Add', [mean, b.scalar(epsilon, x)])]);
  const inverse = b.emit('Reciprocal', [root]);
  return [b.emit('Mul', [x, inverse]), inverse];
}

/** Emits an activation by the name and the ordered parameters that fused operators use; undefined for an unknown name. */
export function activation(
  b: GraphBuilder,
  x: string,
  { name, parameters }: { name: string; parameters: readonly (number | undefined)[] },
): string | undefined {
  const [alpha, beta] = parameters;
  if (name === '') return x;
  if (name === 'Relu' || name === 'Tanh' || name === 'Sigmoid' || name === 'HardSwish')
    return b.emit(name, [x]);
  if (name === 'LeakyRelu') return b.emit(name, [x], { alpha: attr.float(alpha ?? 0.01) });
  if (name === 'HardSigmoid') {
    return b.emit(name, [x], { alpha: attr.float(alpha ?? 0.2), beta: attr.float(beta ?? 0.5) });
  }
  if (name !== 'Clip' || alpha === undefined || beta === undefined) return undefined;
  return b.emit('Clip', [x, b.scalar(alpha, x), b.scalar(beta, x)]);
}
