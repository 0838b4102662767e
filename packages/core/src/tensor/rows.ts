import { counted } from '../counted.js';
import { fail } from '../error.js';
import { type Shape, sameShape, showShape, sizeOf, type Tensor, zeros } from './tensor.js';

/** Rows from..to (exclusive) along axis 0, over the same data. Throws `tensor-shape`. */
export function rows(t: Tensor, from: number, to: number): Tensor {
  const [n = 0, ...shape] = t.shape;
  if (
    t.shape.length === 0 ||
    !Number.isInteger(from) ||
    !Number.isInteger(to) ||
    from < 0 ||
    to < from ||
    to > n
  ) {
    fail({
      code: 'tensor-shape',
      where: `rows(${from}, ${to})`,
      expected: t.shape.length === 0 ? 'a tensor with at least one axis' : `0 <= from <= to <= ${n}`,
      got: `shape ${showShape(t.shape)}`,
    });
  }
  const size = sizeOf(shape);
  return { shape: [to - from, ...shape], data: t.data.subarray(from * size, to * size) };
}

/** Row i along axis 0 with that axis dropped, over the same data. Throws `tensor-shape`. */
export function row(t: Tensor, i: number): Tensor {
  const { shape, data } = rows(t, i, i + 1);
  return { shape: shape.slice(1), data };
}

/** x as a batch of one, [...shape] as [1, ...shape], over the same data. */
export function asBatch(x: Tensor): Tensor {
  return { shape: [1, ...x.shape], data: x.data };
}

/** Tensors of one shape as the rows of a new one: n of [...shape] become [n, ...shape]. Throws `tensor-shape`. */
export function stack(tensors: readonly Tensor[]): Tensor {
  return concatRows(tensors.map(asBatch));
}

/** Tensors of one shape side by side along a new axis at position `axis`. Throws `tensor-shape`. */
export function stackAlong(tensors: readonly Tensor[], axis: number): Tensor {
  const stacked = stack(tensors);
  const [n, ...shape] = stacked.shape;
  expectAxis('stackAlong', axis, shape.length);
  const inner = sizeOf(shape.slice(axis));
  const out = zeros(shape.toSpliced(axis, 0, n), stacked);
  for (let at = 0, from = 0; from < stacked.data.length; at++, from += inner) {
    const [i, outer] = [Math.floor(from / sizeOf(shape)), at % (sizeOf(shape) / inner)];
    out.data.set(stacked.data.subarray(from, from + inner), (outer * n + i) * inner);
  }
  return out;
}

/**
 * The parts of a tensor along an axis, that axis dropped: the reverse of {@link stackAlong}. Axis 0 shares the data.
 * Throws `tensor-shape`.
 */
export function unstack(t: Tensor, axis: number): readonly Tensor[] {
  expectAxis('unstack', axis, t.shape.length - 1);
  const n = t.shape[axis];
  if (axis === 0) return Array.from({ length: n }, (_, i) => row(t, i));
  const shape = t.shape.toSpliced(axis, 1);
  const inner = sizeOf(t.shape.slice(axis + 1));
  const outer = sizeOf(t.shape.slice(0, axis));
  return Array.from({ length: n }, (_, i) => {
    const part = zeros(shape, t);
    for (let o = 0; o < outer; o++) {
      const from = (o * n + i) * inner;
      part.data.set(t.data.subarray(from, from + inner), o * inner);
    }
    return part;
  });
}

function expectAxis(where: string, axis: number, last: number): void {
  if (Number.isInteger(axis) && axis >= 0 && axis <= last) return;
  fail({ code: 'tensor-shape', where, expected: `an axis from 0 to ${last}`, got: String(axis) });
}

/** Joins along axis 0; float32 only when all are. Throws `tensor-shape` when there is nothing to join or rows differ in shape. */
export function concatRows(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors;
  const shape: Shape = first?.shape.slice(1) ?? [];
  const odd = tensors.find((t) => t.shape.length === 0 || !sameShape(t.shape.slice(1), shape));
  if (first === undefined || odd !== undefined) {
    fail({
      code: 'tensor-shape',
      where: 'concatRows',
      expected: first === undefined ? 'at least one tensor' : `rows of shape ${showShape(shape)}`,
      got: odd === undefined ? 'none' : showShape(odd.shape),
    });
  }
  const wide = tensors.find((t) => t.data instanceof Float64Array);
  const n = tensors.reduce((sum, t) => sum + t.shape[0], 0);
  const joined = zeros([n, ...shape], wide ?? first);
  let at = 0;
  for (const t of tensors) {
    joined.data.set(t.data, at);
    at += t.data.length;
  }
  return joined;
}

/** The same data under another shape. Throws `tensor-shape` when the sizes differ. */
export function reshape(t: Tensor, shape: Shape): Tensor {
  if (sizeOf(shape) !== t.data.length) {
    fail({
      code: 'tensor-shape',
      where: 'reshape',
      expected: `a shape of ${counted(t.data.length, 'element')}, as ${showShape(t.shape)}`,
      got: showShape(shape),
    });
  }
  return { shape, data: t.data };
}

/**
 * x - t for every row t of `rows` [n, ...shape of x], written into `out` of their size and returned: by default a new tensor of
 * their type; `rows` itself is overwritten when it is given.
 */
export function subtractRows(
  { data: x }: Tensor,
  rows: Tensor,
  out: Tensor = zeros(rows.shape, rows),
): Tensor {
  const width = x.length;
  for (let at = 0; at < rows.data.length; at += width) {
    const [row, rest] = [rows.data.subarray(at, at + width), out.data.subarray(at, at + width)];
    for (let j = 0; j < width; j++) rest[j] = x[j] - row[j];
  }
  return out;
}

/** Elements of one chunk, which stay in the last-level cache while they are made, run and read: 2^20 (8 MiB in float64). */
const CHUNK = 2 ** 20;
/** Draws of a chunk of large draws, so that runs are worth their overhead, as long as it stays below 2^22 elements. */
const FEWEST = 64;
const LARGEST = 2 ** 22;

/**
 * Splits n draws of `rowElements` elements into consecutive chunks of 2^20 elements, or of 64 draws where these have more, up to 2^22
 * elements (32 MiB in float64); at least one draw.
 */
export function* spans(
  n: number,
  rowElements: number,
): Generator<{ readonly from: number; readonly to: number }> {
  const rowsOf = (elements: number) => Math.floor(elements / Math.max(1, rowElements));
  const step = Math.max(1, rowsOf(CHUNK), Math.min(FEWEST, rowsOf(LARGEST)));
  for (let from = 0; from < n; from += step) yield { from, to: Math.min(n, from + step) };
}
