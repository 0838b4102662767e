import { attr } from '../../builder/builder.js';
import { positionsAlong } from '../../builder/math/positions.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { numbersOf } from '../../ir/constant.js';
import type { Op } from '../../ir/ops.js';

interface Additions {
  /** What is added to, usually zeros. */
  readonly data: string;
  readonly indices: string;
  readonly updates: string;
  /** Of ScatterElements. */
  readonly axis?: number;
  /** Whether no index of ScatterND comes twice; default: where they are known and different. */
  readonly distinct?: boolean;
}

type ScatterOp = Extract<Op, 'ScatterElements' | 'ScatterND'>;

/** Adds updates to data by index; equal indices add up. ONNX Runtime does so on the CPU in float32 and wider only. */
export function addAt(
  b: MathBuilder,
  op: ScatterOp,
  { data, indices, updates, axis, distinct }: Additions,
): string {
  const dtype = b.dtype(updates);
  const wide = dtype === 'float64' ? dtype : 'float32';
  const given = { data: b.cast(data, wide), indices, updates: b.cast(updates, wide), distinct };
  const sum =
    op === 'ScatterND' && isShared(b, given) ? byElement(b, given) : scatter(b, op, { ...given, axis });
  return b.cast(sum, dtype);
}

const scatter = (b: MathBuilder, op: ScatterOp, { data, indices, updates, axis }: Additions): string =>
  b.emit(op, [data, indices, updates], {
    axis: axis === undefined ? undefined : attr.int(axis),
    reduction: attr.string('add'),
  });

/** Elements of updates below which ONNX Runtime does not share them out among threads. */
const ALONE = 1 << 13;

/**
 * Whether threads may add to one place at a time: ScatterND of ONNX Runtime's CPU provider shares the updates out among its threads
 * whatever the indices are, and loses additions. Few updates, and places that are all different, are safe.
 */
function isShared(b: MathBuilder, { indices, updates, distinct }: Additions): boolean {
  const sizes = b.dims(updates).map((size) => (typeof size === 'number' ? size : Number.POSITIVE_INFINITY));
  const many = sizes.reduce((n, size) => n * size, 1) > ALONE;
  return many && !(distinct ?? areDistinct(b, indices, Number(b.dims(indices).at(-1))));
}

/** Whether indices are known and no two tuples of `depth` of them are the same. */
export function areDistinct(b: MathBuilder, indices: string, depth: number): boolean {
  const known = b.constantOf(indices);
  if (known === undefined || depth === 0) return false;
  const list = numbersOf(known);
  // Places that are counted from the end have two names.
  if (list.some((index) => index < 0)) return false;
  const tuples = Array.from({ length: list.length / depth }, (_, i) =>
    list.slice(i * depth, (i + 1) * depth),
  );
  return new Set(tuples.map((tuple) => tuple.join())).size === tuples.length;
}

/** ScatterND said by ScatterElements on everything laid out flat, which one thread does. */
function byElement(b: MathBuilder, { data, indices, updates }: Additions): string {
  const [indexed, slice] = parted(b.others(data, []), Number(b.dims(indices).at(-1)));
  const inner = (at: string, axis: number, index: string) =>
    b.add(b.mul(at, b.sizes([{ of: data, axis }])), index);
  const [first, ...rest] = indexed.map((axis) => indexAlong(b, { data, indices, axis }));
  const place = rest.reduce((at, index, i) => inner(at, i + 1, index), first);
  const element = slice.reduce(
    (at, axis) => inner(b.unsqueeze(at, [b.rank(at)]), axis, positionsAlong(b, data, axis)),
    place,
  );
  const flat = (value: string) => b.reshape(value, [-1]);
  const given = { data: flat(data), indices: flat(element), updates: flat(updates), axis: 0 };
  return b.reshapeLike(scatter(b, 'ScatterElements', given), data);
}

const parted = <T>(list: readonly T[], at: number): readonly (readonly T[])[] => [
  list.slice(0, at),
  list.slice(at),
];

/** One entry of every index tuple, counted from the beginning of its axis. */
function indexAlong(
  b: MathBuilder,
  { data, indices, axis }: { data: string; indices: string; axis: number },
): string {
  const last = b.rank(indices) - 1;
  const index = b.squeeze(b.slice(indices, [{ axis: last, from: axis, to: axis + 1 }]), [last]);
  const isBehind = b.emit('Less', [index, b.ints([0])]);
  return b.emit('Where', [isBehind, b.add(index, b.sizes([{ of: data, axis }])), index]);
}
