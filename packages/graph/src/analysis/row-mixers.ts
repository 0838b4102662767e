import type { NodeAttributes } from '../ir/attributes.js';
import type { Op } from '../ir/ops.js';
import type { Dim } from '../ir/types.js';

/**
 * How rows are combined: by a statistic over them (mean, maximum, softmax), along their order (recurrence, convolution, running sums), by
 * indices into them that are computed from data, by a product that sums over them or pairs them, or by picking some of them.
 */
export type MixingKind = 'statistics' | 'sequence' | 'indexing' | 'contraction' | 'pairs' | 'selection';

/** An operator's input that carries rows, and what can be asked about the node. */
export interface Carrier {
  /** Number of the input, and the axis along which it has the rows. */
  readonly input: number;
  readonly axis: number;
  readonly rank: number;
  readonly attributes: NodeAttributes;
  hasInput(input: number): boolean;
  /** Numbers of a constant input. */
  constantOf(input: number): readonly number[] | undefined;
  /** Product of the sizes before an axis of the input that carries the rows, and before the rows' axis of the output. */
  readonly before: { readonly input: Dim; readonly output: Dim | undefined };
  /** Size of the last axis of an input. */
  lastSize(input: number): Dim | undefined;
  /** Whether an input depends on the numbers of the graph's inputs. */
  isComputed(input: number): boolean;
  /** Whether an input has an axis of rows too. */
  hasRows(input: number): boolean;
}

/** How an operator combines the rows of an input; undefined where it treats each by itself. */
type Mixer = (carrier: Carrier) => MixingKind | 'unknown' | undefined;

/** Numbers of one row come from that row alone. */
const apart: Mixer = () => undefined;

const wrapped = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

/** A statistic over the axis of the attribute `axis`. */
const overAxis =
  (fallback: number): Mixer =>
  ({ input, axis, rank, attributes }) =>
    input === 0 && wrapped(attributes.int('axis', fallback), rank) === axis ? 'statistics' : undefined;

/** A reduction over axes given as an attribute or as the second input; none given means all. */
const reduction: Mixer = ({ input, axis, rank, attributes, constantOf, hasInput }) => {
  if (input !== 0) return undefined;
  const axes = attributes.ints('axes') ?? constantOf(1);
  if (axes === undefined && hasInput(1)) return 'unknown';
  if (axes === undefined || axes.length === 0)
    return attributes.int('noop_with_empty_axes', 0) === 0 ? 'statistics' : undefined;
  return axes.some((each) => wrapped(each, rank) === axis) ? 'statistics' : undefined;
};

/** A running sum or product along the axis of the second input. */
const running: Mixer = ({ input, axis, rank, constantOf }) => {
  if (input !== 0) return undefined;
  const along = constantOf(1)?.[0];
  if (along === undefined) return 'unknown';
  return wrapped(along, rank) === axis ? 'sequence' : undefined;
};

/** A convolution sums over channels and slides along the axes after them; its weights are summed over whole. */
const convolution: Mixer = ({ input, axis }) =>
  input === 1 || axis === 1 ? 'contraction' : axis === 0 ? undefined : 'sequence';

const pool: Mixer = ({ axis }) => (axis >= 2 ? 'sequence' : undefined);
const globalPool: Mixer = ({ axis }) => (axis >= 2 ? 'statistics' : undefined);

const product: Mixer = ({ input, axis, rank }) => {
  const summed = input === 0 ? rank - 1 : Math.max(rank - 2, 0);
  return input < 2 && axis === summed ? 'contraction' : undefined;
};

const gemm: Mixer = ({ input, axis, attributes }) => {
  if (input > 1) return undefined;
  const transposed = attributes.int(input === 0 ? 'transA' : 'transB', 0) !== 0;
  const summed = (input === 0) !== transposed ? 1 : 0;
  return axis === summed ? 'contraction' : undefined;
};

/** X is [time, batch, width], or [batch, time, width] under layout 1; states and lengths have no time. */
const recurrent: Mixer = ({ input, axis, attributes }) => {
  if (input !== 0) return undefined;
  if (axis === 2) return 'contraction';
  return axis === (attributes.int('layout', 0) === 0 ? 0 : 1) ? 'sequence' : undefined;
};

/** Picks along the axis of the attribute `axis`: by indices from data, or by others and those that each row has, which may be its own. */
const picks: Mixer = ({ input, axis, rank, attributes, isComputed, hasRows }) => {
  if (input !== 0 || wrapped(attributes.int('axis', 0), rank) !== axis) return undefined;
  return isComputed(1) && !hasRows(1) ? 'indexing' : 'unknown';
};

/** Indices of n numbers address the n axes after the batch axes. */
const picksTuples: Mixer = ({ input, axis, attributes, lastSize, isComputed, hasRows }) => {
  const first = attributes.int('batch_dims', 0);
  const count = lastSize(1);
  if (input !== 0 || axis < first) return undefined;
  if (!isComputed(1) || hasRows(1) || typeof count !== 'number') return 'unknown';
  return axis < first + count ? 'indexing' : undefined;
};

/** Keeps the order of elements: rows stay whole where as many elements come before them as before. */
const regroups: Mixer = ({ input, before }) =>
  input !== 0 || before.input === before.output ? undefined : 'unknown';

/** Takes part of the axes that its constant input names. */
const cuts: Mixer = ({ input, axis, rank, constantOf, hasInput }) => {
  if (input !== 0) return undefined;
  const axes = hasInput(3) ? constantOf(3) : undefined;
  return axes?.every((each) => wrapped(each, rank) !== axis) ? undefined : 'unknown';
};

/** Elements move along the axes that are padded. */
const pad: Mixer = ({ input, axis, rank, constantOf, hasInput }) => {
  if (input !== 0) return undefined;
  const pads = hasInput(3) ? undefined : constantOf(1);
  return pads?.[axis] === 0 && pads[axis + rank] === 0 ? undefined : 'unknown';
};

const always: Mixer = ({ input }) => (input === 0 ? 'statistics' : undefined);

const each = <M extends Mixer>(ops: readonly Op[], mixer: M): Partial<Record<Op, Mixer>> =>
  Object.fromEntries(ops.map((op) => [op, mixer]));

/**
 * What operators of the canonical form do to rows along an axis. Those without a row here are not known: the rows have to be run together
 * and alone to see. Positions come from shape inference, so that a row is needed only to say what happens along an axis that stays.
 */
const table: Partial<Record<Op, Mixer>> = {
  ...each(
    [
      'Abs', 'Acos', 'Acosh', 'Add', 'And', 'Asin', 'Asinh', 'Atan', 'Atanh', 'Cast', 'CastLike', 'Ceil', 'Celu', 'Clip', 'Cos', 'Cosh',
      'Div', 'Elu', 'Equal', 'Erf', 'Exp', 'Floor', 'Gelu', 'Greater', 'GreaterOrEqual', 'HardSigmoid', 'HardSwish', 'Identity', 'IsInf',
      'IsNaN', 'LeakyRelu', 'Less', 'LessOrEqual', 'Log', 'Max', 'Mean', 'Min', 'Mish', 'Mod', 'Mul', 'Neg', 'Not', 'Or', 'PRelu', 'Pow',
      'Reciprocal', 'Relu', 'Round', 'Selu', 'Shrink', 'Sigmoid', 'Sign', 'Sin', 'Sinh', 'Softplus', 'Softsign', 'Sqrt', 'Sub', 'Sum',
      'Tan', 'Tanh', 'ThresholdedRelu', 'Where', 'Xor', 'BitwiseAnd', 'BitwiseNot', 'BitwiseOr', 'BitwiseXor', 'DequantizeLinear',
      'QuantizeLinear',
    ],
    apart,
  ),
  // Constant axes, and what shape inference follows.
  ...each(['ConstantOfShape', 'Expand', 'OneHot', 'Split', 'Squeeze', 'Transpose', 'Unsqueeze'], apart),
  Concat: ({ axis, rank, attributes }) => (wrapped(attributes.int('axis', 0), rank) === axis ? 'unknown' : undefined),
  ...each(['Flatten', 'Reshape'], regroups),
  ...each(
    [
      'ReduceL1', 'ReduceL2', 'ReduceLogSum', 'ReduceLogSumExp', 'ReduceMax', 'ReduceMean', 'ReduceMin', 'ReduceProd', 'ReduceSum',
      'ReduceSumSquare',
    ],
    reduction,
  ),
  ...each(['ArgMax', 'ArgMin'], overAxis(0)),
  ...each(['Hardmax', 'LogSoftmax', 'LpNormalization', 'Softmax', 'TopK'], overAxis(-1)),
  ...each(['Conv', 'ConvTranspose', 'DeformConv'], convolution),
  ...each(['AveragePool', 'MaxPool'], pool),
  ...each(['GlobalAveragePool', 'GlobalMaxPool', 'InstanceNormalization'], globalPool),
  ...each(['CumProd', 'CumSum'], running),
  ...each(['GRU', 'LSTM', 'RNN'], recurrent),
  ...each(['Gather', 'GatherElements', 'ScatterElements'], picks),
  ...each(['GatherND', 'ScatterND'], picksTuples),
  BatchNormalization: ({ input, axis, attributes }) =>
    input === 0 && axis !== 1 && attributes.int('training_mode', 0) !== 0 ? 'statistics' : undefined,
  ...each(['DepthToSpace', 'GridSample', 'Resize', 'SpaceToDepth'], ({ axis }) => (axis === 0 ? undefined : 'unknown')),
  Gemm: gemm,
  LayerNormalization: ({ input, axis, rank, attributes }) =>
    input === 0 && axis >= wrapped(attributes.int('axis', -1), rank) ? 'statistics' : undefined,
  LRN: ({ axis }) => (axis === 1 ? 'sequence' : undefined),
  MatMul: product,
  MeanVarianceNormalization: ({ axis, attributes }) =>
    (attributes.ints('axes') ?? [0, 2, 3]).includes(axis) ? 'statistics' : undefined,
  Pad: pad,
  Slice: cuts,
  Trilu: ({ input, axis, rank }) => (input === 0 && axis >= rank - 2 ? 'sequence' : undefined),
}; // biome-ignore format: one family per paragraph

/** Operators outside the canonical form that are known to combine rows. */
const others: Readonly<Record<string, Mixer>> = {
  ConvInteger: convolution,
  DynamicQuantizeLinear: always,
  MatMulInteger: product,
  'com.microsoft:DynamicQuantizeMatMul': always,
};

/** By operator, "domain:Op" outside the standard domain. */
export const MIXERS: ReadonlyMap<string, Mixer> = new Map([
  ...Object.entries(table),
  ...Object.entries(others),
]);
