import { attr } from '../../builder/builder.js';
import { positionsAlong } from '../../builder/math/positions.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { numbersOf } from '../../ir/constant.js';
import type { Op } from '../../ir/ops.js';

interface ScatterAddInputs {
  /** The tensor that the updates are added to, usually zeros. */
  readonly data: string;
  readonly indices: string;
  readonly updates: string;
  /** The axis of ScatterElements. */
  readonly axis?: number;
  /** Whether no index tuple of ScatterND occurs twice. Default: true if the indices are constants and all different. */
  readonly distinct?: boolean;
}

type ScatterOp = Extract<Op, 'ScatterElements' | 'ScatterND'>;

/** Emits nodes that add updates to data by index. Updates with equal indices are summed. */
export function scatterAdd(b: MathBuilder, op: ScatterOp, given: ScatterAddInputs): string {
  // ScatterND takes indices of int64 only, unlike Gather.
  const additions = op === 'ScatterND' ? { ...given, indices: b.cast(given.indices, 'int64') } : given;
  return op === 'ScatterND' && mayLoseAdditions(b, additions)
    ? scatterByElement(b, additions)
    : scatter(b, op, additions);
}

const scatter = (b: MathBuilder, op: ScatterOp, { data, indices, updates, axis }: ScatterAddInputs): string =>
  b.emit(op, [data, indices, updates], {
    axis: axis === undefined ? undefined : attr.int(axis),
    reduction: attr.string('add'),
  });

/** ONNX Runtime splits ScatterND among threads when it has more update elements than this. */
const SINGLE_THREAD_LIMIT = 1 << 13;

/**
 * Whether ONNX Runtime may lose additions. Its CPU provider splits the updates of ScatterND among threads without regard to the indices,
 * and two threads may add to the same element at the same time. Few updates are safe, and so are indices that are all different. This
 * is not a pass of `lower`, because a gradient file must give the right sums wherever it runs. ScatterElements is as standard as ScatterND.
 */
function mayLoseAdditions(b: MathBuilder, { indices, updates, distinct }: ScatterAddInputs): boolean {
  const sizes = b.dims(updates).map((size) => (typeof size === 'number' ? size : Number.POSITIVE_INFINITY));
  const many = sizes.reduce((n, size) => n * size, 1) > SINGLE_THREAD_LIMIT;
  return many && !(distinct ?? areDistinct(b, indices, Number(b.dims(indices).at(-1))));
}

/** Whether the indices are constants and no two of their tuples of `depth` numbers are equal. */
export function areDistinct(b: MathBuilder, indices: string, depth: number): boolean {
  const known = b.constantOf(indices);
  if (known === undefined || depth === 0) return false;
  const list = numbersOf(known);
  // A negative and a positive index may name the same element.
  if (list.some((index) => index < 0)) return false;
  const tuples = Array.from({ length: list.length / depth }, (_, i) =>
    list.slice(i * depth, (i + 1) * depth),
  );
  return new Set(tuples.map((tuple) => tuple.join())).size === tuples.length;
}

/** Computes ScatterND by ScatterElements on flattened arrays, which ONNX Runtime runs on one thread. */
function scatterByElement(b: MathBuilder, { data, indices, updates }: ScatterAddInputs): string {
  const [indexed, slice] = splitAt(b.others(data, []), Number(b.dims(indices).at(-1)));
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

const splitAt = <T>(list: readonly T[], at: number): readonly (readonly T[])[] => [
  list.slice(0, at),
  list.slice(at),
];

/** Returns entry `axis` of every index tuple, with negative indices made non-negative. */
function indexAlong(
  b: MathBuilder,
  { data, indices, axis }: { data: string; indices: string; axis: number },
): string {
  const last = b.rank(indices) - 1;
  const index = b.squeeze(b.slice(indices, [{ axis: last, from: axis, to: axis + 1 }]), [last]);
  const isBehind = b.emit('Less', [index, b.ints([0])]);
  return b.emit('Where', [isBehind, b.add(index, b.sizes([{ of: data, axis }])), index]);
}
