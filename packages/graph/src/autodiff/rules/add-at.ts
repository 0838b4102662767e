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
  /** Whether no index of ScatterND occurs twice. Default: true where the indices are known and all different. */
  readonly distinct?: boolean;
}

type ScatterOp = Extract<Op, 'ScatterElements' | 'ScatterND'>;

/** Adds updates to data by index. Updates of equal indices are summed. */
export function addAt(b: MathBuilder, op: ScatterOp, additions: Additions): string {
  return op === 'ScatterND' && mayLoseAdditions(b, additions)
    ? byElement(b, additions)
    : scatter(b, op, additions);
}

const scatter = (b: MathBuilder, op: ScatterOp, { data, indices, updates, axis }: Additions): string =>
  b.emit(op, [data, indices, updates], {
    axis: axis === undefined ? undefined : attr.int(axis),
    reduction: attr.string('add'),
  });

/** ONNX Runtime splits additions of more elements than this among its threads. */
const ONE_THREAD = 1 << 13;

/**
 * Whether ONNX Runtime may lose additions. ScatterND of its CPU provider splits the updates among threads whatever the indices are, and
 * two threads may add to one place at the same time. Few updates are safe, and so are indices that are all different. This is no pass of
 * `lower`: a gradient file has to give the right sums wherever it runs, and ScatterElements is as standard as ScatterND.
 */
function mayLoseAdditions(b: MathBuilder, { indices, updates, distinct }: Additions): boolean {
  const sizes = b.dims(updates).map((size) => (typeof size === 'number' ? size : Number.POSITIVE_INFINITY));
  const many = sizes.reduce((n, size) => n * size, 1) > ONE_THREAD;
  return many && !(distinct ?? areDistinct(b, indices, Number(b.dims(indices).at(-1))));
}

/** Whether indices are known and no two tuples of `depth` of them are the same. */
export function areDistinct(b: MathBuilder, indices: string, depth: number): boolean {
  const known = b.constantOf(indices);
  if (known === undefined || depth === 0) return false;
  const list = numbersOf(known);
  // A negative index and a positive one may be the same place.
  if (list.some((index) => index < 0)) return false;
  const tuples = Array.from({ length: list.length / depth }, (_, i) =>
    list.slice(i * depth, (i + 1) * depth),
  );
  return new Set(tuples.map((tuple) => tuple.join())).size === tuples.length;
}

/** The same as ScatterND, by ScatterElements on flat arrays, which ONNX Runtime runs on one thread. */
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
