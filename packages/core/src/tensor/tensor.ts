import { counted } from '../counted.js';
import { fail } from '../error.js';

export type Shape = readonly number[];

/** The size of one axis; a text is a symbol that stands for any size, equal symbols for equal sizes. */
export type Dim = number | string;

/** Dense row-major array; the one array type of the library. Treat `data` as immutable once shared. */
export interface Tensor {
  readonly shape: Shape;
  readonly data: Float32Array | Float64Array;
}

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const dim of shape) size *= dim;
  return size;
}

/** A shape as text, e.g. "[3, 224, 224]". */
export function showShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** A tensor over `data`, which is not copied unless it is a plain array (float64). Throws `tensor-shape` when shape and length disagree. */
export function tensor(data: Float32Array | Float64Array | readonly number[], shape: Shape): Tensor {
  const dense = data instanceof Float32Array || data instanceof Float64Array ? data : Float64Array.from(data);
  if (sizeOf(shape) !== dense.length) {
    fail({
      code: 'tensor-shape',
      where: 'tensor',
      expected: `${counted(sizeOf(shape), 'element')} for shape ${showShape(shape)}`,
      got: `${dense.length}`,
    });
  }
  return { shape, data: dense };
}

/** Whether a value is a tensor: has a shape, and float data. */
export function isTensor(value: unknown): value is Tensor {
  if (typeof value !== 'object' || value === null || !('shape' in value && 'data' in value)) return false;
  // Reading the data of lazy rows would compute them.
  if ('writeRows' in value) return true;
  const { shape, data } = value;
  return Array.isArray(shape) && (data instanceof Float32Array || data instanceof Float64Array);
}

/** Returns a tensor of zeros, in the type of `like`, default float64. */
export function zeros(shape: Shape, like?: Tensor): Tensor {
  return { shape, data: floats(sizeOf(shape), like) };
}

/** Returns a tensor with one number in every element, in the type of `like`, default float64. */
export function full(shape: Shape, value: number, like?: Tensor): Tensor {
  return { shape, data: floats(sizeOf(shape), like).fill(value) };
}

function floats(size: number, like: Tensor | undefined): Float32Array | Float64Array {
  return like?.data instanceof Float32Array ? new Float32Array(size) : new Float64Array(size);
}

/** The same numbers in single precision; the data are not copied when they are already. */
export function toFloat32(t: Tensor): Tensor & { readonly data: Float32Array } {
  return { shape: t.shape, data: t.data instanceof Float32Array ? t.data : new Float32Array(t.data) };
}

/** The same numbers in double precision; the data are not copied when they are already. */
export function toFloat64(t: Tensor): Tensor & { readonly data: Float64Array } {
  return { shape: t.shape, data: t.data instanceof Float64Array ? t.data : new Float64Array(t.data) };
}

/** Whether two shapes are equal. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, axis) => dim === b[axis]);
}

/** Throws `tensor-shape` unless the tensor has the shape; `where` names it in the message. */
export function expectShape(where: string, t: Tensor, shape: Shape): void {
  if (sameShape(t.shape, shape)) return;
  fail({ code: 'tensor-shape', where, expected: `shape ${showShape(shape)}`, got: showShape(t.shape) });
}

/** Flat index of the first NaN or infinity; -1 when all elements are finite. */
export function firstNonFinite({ data }: Tensor): number {
  return Number.isFinite(probe(data)) ? -1 : data.findIndex((value: number) => !Number.isFinite(value));
}

/** Numbers of a smaller magnitude stay finite in float32 when a few of them are added. */
export const SAFE_TO_ADD = 2 ** 100;

/** Whether the magnitude of every number is below {@link SAFE_TO_ADD}; NaN is not. */
export function isSafeToAdd({ data }: Tensor): boolean {
  const n = data.length;
  for (let i = 0; i < n; i++) if (!(Math.abs(data[i]) < SAFE_TO_ADD)) return false;
  return true;
}

/** Flat index of the first infinity, NaN aside; -1 when there is none. */
export function firstInfinite({ data }: Tensor): number {
  return data.findIndex(
    (value: number) => value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY,
  );
}

/** A sum that is finite only if all numbers are. Its order is the fastest one, four parts that do not wait for each other. */
function probe(data: Tensor['data']): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  // V8 reads the length of an array again at each step of a loop that names it.
  const n = data.length;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    s0 += data[i];
    s1 += data[i + 1];
    s2 += data[i + 2];
    s3 += data[i + 3];
  }
  for (; i < n; i++) s0 += data[i];
  return s0 + s1 + (s2 + s3);
}
