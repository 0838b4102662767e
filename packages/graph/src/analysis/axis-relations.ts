import { ELEMENTWISE, isIn, opsIn } from '../ir/ops.js';
import type { Dims, Node } from '../ir/types.js';

/**
 * The axis of a value that holds its channels, counted from 0 with the batch axis; 'none' where the value has no such axis and the model
 * inserts one later.
 */
export type ChannelAxis = number | 'none';

/** The correspondence between the axes of an input and an output of a node. */
export interface AxisRelation {
  readonly from: string;
  readonly to: string;
  /** Returns the axis of `to` that corresponds to an axis of `from`; undefined where none is known. */
  forward(axis: ChannelAxis): ChannelAxis | undefined;
  /** Returns the axis of `from` that corresponds to an axis of `to`; undefined where none is known. */
  backward(axis: ChannelAxis): ChannelAxis | undefined;
}

/** Operators whose output has the axes of every input of the same rank. */
const AXIS_PRESERVING: ReadonlySet<string> = new Set([
  ...opsIn(...ELEMENTWISE, 'quantisation'),
  'Dropout',
  'Concat',
  'Expand',
  'Pad',
  'Resize',
  'Slice',
  'Split',
  'Gather',
  'LayerNormalization',
  'LpNormalization',
  'MeanVarianceNormalization',
  'Softmax',
  'LogSoftmax',
]);

type DimsOf = (name: string) => Dims | undefined;

/** Returns how the axes of a node's outputs correspond to those of its inputs; nothing for operators that create new axes. */
export function axisRelations(node: Node, dimsOf: DimsOf): readonly AxisRelation[] {
  const { op, domain, inputs, outputs } = node;
  if (domain !== '') return [];
  if (op === 'Transpose') return transposeRelation(node, dimsOf);
  if (isIn(node, 'reshape')) return reshapeRelation(node, dimsOf);
  if (!AXIS_PRESERVING.has(op)) return [];
  const identity = (axis: ChannelAxis) => axis;
  return outputs.flatMap((to) =>
    inputs
      .filter((from) => dimsOf(from) !== undefined && dimsOf(from)?.length === dimsOf(to)?.length)
      .map((from) => ({ from, to, forward: identity, backward: identity })),
  );
}

function transposeRelation(
  { attributes, inputs: [from], outputs: [to] }: Node,
  dimsOf: DimsOf,
): AxisRelation[] {
  const rank = dimsOf(from)?.length ?? 0;
  const perm =
    attributes.perm?.kind === 'ints'
      ? attributes.perm.value
      : Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  return [
    {
      from,
      to,
      forward: (axis) => (axis === 'none' ? axis : perm.indexOf(axis)),
      backward: (axis) => (axis === 'none' ? axis : perm[axis]),
    },
  ];
}

function reshapeRelation({ inputs: [from], outputs: [to] }: Node, dimsOf: DimsOf): AxisRelation[] {
  const [before, after] = [dimsOf(from) ?? [], dimsOf(to) ?? []];
  const pairs = alignAxes(before, after);
  if (pairs === undefined) return [];
  const forward = (axis: ChannelAxis) =>
    pairs.find(([own]) => own === axis)?.[1] ?? removedAxis(before, after);
  const backward = (axis: ChannelAxis) =>
    pairs.find(([, other]) => other === axis)?.[0] ?? removedAxis(after, before);
  return [{ from, to, forward, backward }];
}

/** What an axis without a counterpart becomes: 'none' where the other value has no more axes than this one, else unknown. */
const removedAxis = (own: Dims, other: Dims): 'none' | undefined =>
  other.length <= own.length ? 'none' : undefined;

/** Pairs the axes of two shapes that differ only by axes of length 1; undefined for other shapes. */
function alignAxes(from: Dims, to: Dims): readonly (readonly [number, number])[] | undefined {
  const pairs: (readonly [number, number])[] = [];
  let i = 0;
  let j = 0;
  while (i < from.length || j < to.length) {
    if (i < from.length && from[i] === to[j]) pairs.push([i++, j++]);
    else if (to[j] === 1) j++;
    else if (from[i] === 1) i++;
    else return undefined;
  }
  return pairs;
}
