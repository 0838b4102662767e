import { attributesOf } from '../ir/attributes.js';
import { ELEMENTWISE, type Op, opsIn } from '../ir/ops.js';
import type { Dim, Node } from '../ir/types.js';

/**
 * How rows are combined:
 * - statistics: by a mean, maximum, softmax or the like over the rows;
 * - sequence: along their order, by a recurrence, convolution or cumulative sum;
 * - indexing: by indices into the rows that are computed from data;
 * - contraction: by a product that sums over the rows;
 * - pairs: by a value that has the rows on two axes, such as attention between rows;
 * - selection: by taking some of the rows.
 */
export type MixingKind = 'statistics' | 'sequence' | 'indexing' | 'contraction' | 'pairs' | 'selection';

/** An input of a node that has an axis of rows, with the facts about the node that rules read. */
export interface RowOperand {
  readonly node: Node;
  /** Index of the input, and its axis of rows. */
  readonly input: number;
  readonly axis: number;
  readonly rank: number;
  hasInput(input: number): boolean;
  /** Returns the numbers of a constant input; undefined for other inputs. */
  constantOf(input: number): readonly number[] | undefined;
  /** Product of the sizes before the axis of rows, in this input and in the first output. */
  readonly leadingSize: { readonly input: Dim; readonly output: Dim | undefined };
  /** Returns the size of the last axis of an input. */
  lastSize(input: number): Dim | undefined;
  /** Whether an input depends on the numbers of the graph's inputs. */
  isDataDependent(input: number): boolean;
  /** Whether an input has an axis of rows. */
  hasRows(input: number): boolean;
}

/** Returns how an operator combines the rows of an input; undefined where each output row depends on its own input row only. */
type MixingRule = (operand: RowOperand) => MixingKind | 'unknown' | undefined;

const rowWise: MixingRule = () => undefined;

const wrapped = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** Operators that compute a statistic over the axis of the attribute `axis`. */
const OVER_AXIS = [
  'ArgMax',
  'ArgMin',
  'Hardmax',
  'LogSoftmax',
  'LpNormalization',
  'Softmax',
  'TopK',
] as const;

const overAxis: MixingRule = ({ node, input, axis, rank }) =>
  input === 0 && wrapped(attributesOf(node, ...OVER_AXIS).axis, rank) === axis ? 'statistics' : undefined;

/** A reduction over the axes of the second input; none given means all. */
const reduction: MixingRule = ({ node, input, axis, rank, constantOf, hasInput }) => {
  if (input !== 0) return undefined;
  const axes = constantOf(1);
  if (axes === undefined && hasInput(1)) return 'unknown';
  if (axes === undefined || axes.length === 0)
    return attributesOf(node, 'ReduceSum').noop_with_empty_axes ? undefined : 'statistics';
  return axes.some((each) => wrapped(each, rank) === axis) ? 'statistics' : undefined;
};

/** A cumulative sum or product along the axis that the second input gives. */
const cumulative: MixingRule = ({ input, axis, rank, constantOf }) => {
  if (input !== 0) return undefined;
  const along = constantOf(1)?.[0];
  if (along === undefined) return 'unknown';
  return wrapped(along, rank) === axis ? 'sequence' : undefined;
};

/** A convolution sums over channels and slides along the axes after them; every axis of its weights is summed over. */
const convolution: MixingRule = ({ input, axis }) =>
  input === 1 || axis === 1 ? 'contraction' : axis === 0 ? undefined : 'sequence';

const pool: MixingRule = ({ axis }) => (axis >= 2 ? 'sequence' : undefined);
const globalPool: MixingRule = ({ axis }) => (axis >= 2 ? 'statistics' : undefined);

const product: MixingRule = ({ input, axis, rank }) => {
  const summed = input === 0 ? rank - 1 : Math.max(rank - 2, 0);
  return input < 2 && axis === summed ? 'contraction' : undefined;
};

const gemm: MixingRule = ({ node, input, axis }) => {
  if (input > 1) return undefined;
  const { transA, transB } = attributesOf(node, 'Gemm');
  const summed = input === 0 ? (transA ? 0 : 1) : transB ? 1 : 0;
  return axis === summed ? 'contraction' : undefined;
};

/** The first input is [time, batch, width], or [batch, time, width] with layout=1; the other inputs have no time axis. */
const recurrent: MixingRule = ({ node, input, axis }) => {
  if (input !== 0) return undefined;
  if (axis === 2) return 'contraction';
  return axis === (attributesOf(node, 'GRU', 'LSTM', 'RNN').layout ? 1 : 0) ? 'sequence' : undefined;
};

/**
 * Reads or writes by index along the axis of the attribute `axis`. Indices that have rows themselves may point to their own row only, so
 * those are 'unknown', and so are indices that do not depend on data.
 */
const indexed: MixingRule = ({ node, input, axis, rank, isDataDependent, hasRows }) => {
  const { axis: along } = attributesOf(node, 'Gather', 'GatherElements', 'ScatterElements');
  if (input !== 0 || wrapped(along, rank) !== axis) return undefined;
  return isDataDependent(1) && !hasRows(1) ? 'indexing' : 'unknown';
};

/** Index tuples of length n address the n axes after the batch axes. */
const tupleIndexed: MixingRule = ({ node, input, axis, lastSize, isDataDependent, hasRows }) => {
  const first = node.op === 'GatherND' ? attributesOf(node, 'GatherND').batch_dims : 0;
  const count = lastSize(1);
  if (input !== 0 || axis < first) return undefined;
  if (!isDataDependent(1) || hasRows(1) || typeof count !== 'number') return 'unknown';
  return axis < first + count ? 'indexing' : undefined;
};

/** A reshape keeps the order of elements: rows stay whole where the product of the sizes before their axis stays the same. */
const reshape: MixingRule = ({ input, leadingSize }) =>
  input !== 0 || leadingSize.input === leadingSize.output ? undefined : 'unknown';

/** Slice slice the axes that its fourth input names; which rows remain is known only for the other axes. */
const slice: MixingRule = ({ input, axis, rank, constantOf, hasInput }) => {
  if (input !== 0) return undefined;
  const axes = hasInput(3) ? constantOf(3) : undefined;
  return axes?.every((each) => wrapped(each, rank) !== axis) ? undefined : 'unknown';
};

/** Padding shifts the elements along the padded axes. */
const pad: MixingRule = ({ input, axis, rank, constantOf, hasInput }) => {
  if (input !== 0) return undefined;
  const pads = hasInput(3) ? undefined : constantOf(1);
  return pads?.[axis] === 0 && pads[axis + rank] === 0 ? undefined : 'unknown';
};

const always: MixingRule = ({ input }) => (input === 0 ? 'statistics' : undefined);

const each = <M extends MixingRule>(ops: readonly Op[], mixer: M): Partial<Record<Op, MixingRule>> =>
  Object.fromEntries(ops.map((op) => [op, mixer]));

/**
 * Rules for operators of the canonical form. An operator without a rule is unknown: only a comparison of rows run together and alone
 * decides about it. Shape inference gives the axis of rows, so that a rule only says what happens along it.
 */
const table: Partial<Record<Op, MixingRule>> = {
  ...each(opsIn(...ELEMENTWISE, 'quantisation'), rowWise),
  // Their axes are constants, or shape inference follows the axis of rows through them.
  ...each(['ConstantOfShape', 'Expand', 'OneHot', 'Split', 'Squeeze', 'Transpose', 'Unsqueeze'], rowWise),
  Concat: ({ node, axis, rank }) => (wrapped(attributesOf(node, 'Concat').axis, rank) === axis ? 'unknown' : undefined),
  ...each(['Flatten', 'Reshape'], reshape),
  ...each(opsIn('reduction'), reduction),
  ...each(OVER_AXIS, overAxis),
  ...each(opsIn('convolution'), convolution),
  ...each(['AveragePool', 'MaxPool'], pool),
  ...each(['GlobalAveragePool', 'GlobalMaxPool', 'InstanceNormalization'], globalPool),
  ...each(opsIn('cumulative'), cumulative),
  ...each(opsIn('recurrent'), recurrent),
  ...each(['Gather', 'GatherElements', 'ScatterElements'], indexed),
  ...each(['GatherND', 'ScatterND'], tupleIndexed),
  BatchNormalization: ({ node, input, axis }) =>
    input === 0 && axis !== 1 && attributesOf(node, 'BatchNormalization').training_mode ? 'statistics' : undefined,
  ...each(['DepthToSpace', 'GridSample', 'Resize', 'SpaceToDepth'], ({ axis }) => (axis === 0 ? undefined : 'unknown')),
  Gemm: gemm,
  LayerNormalization: ({ node, input, axis, rank }) =>
    input === 0 && axis >= wrapped(attributesOf(node, 'LayerNormalization').axis, rank) ? 'statistics' : undefined,
  LRN: ({ axis }) => (axis === 1 ? 'sequence' : undefined),
  MatMul: product,
  MeanVarianceNormalization: ({ node, axis }) =>
    attributesOf(node, 'MeanVarianceNormalization').axes.includes(axis) ? 'statistics' : undefined,
  Pad: pad,
  Slice: slice,
  Trilu: ({ input, axis, rank }) => (input === 0 && axis >= rank - 2 ? 'sequence' : undefined),
}; // biome-ignore format: one family per paragraph

/** Rules for operators outside the canonical form. */
const others: Readonly<Record<string, MixingRule>> = {
  ConvInteger: convolution,
  DynamicQuantizeLinear: always,
  MatMulInteger: product,
  'com.microsoft:DynamicQuantizeMatMul': always,
};

/** Rules by operator type, "domain:Op" outside the standard domain. */
export const ROW_MIXING: ReadonlyMap<string, MixingRule> = new Map([
  ...Object.entries(table),
  ...Object.entries(others),
]);
