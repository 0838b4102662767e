import type { Dims, Node } from '../ir/types.js';

/** The axis of a value, batch axis included, that holds its channels; 'none' where the model puts an axis of them in afterwards. */
export type ChannelAxis = number | 'none';

/** How the axes of two values of a node correspond. */
export interface AxisRelation {
  readonly from: string;
  readonly to: string;
  /** An axis of `from` as one of `to`; undefined where that does not follow. */
  forth(axis: ChannelAxis): ChannelAxis | undefined;
  back(axis: ChannelAxis): ChannelAxis | undefined;
}

/** Operators whose inputs, as far as they have the rank of the output, have its axes. */
const KEEPS = new Set([
  ...[
    'Abs',
    'Cast',
    'CastLike',
    'Celu',
    'Clip',
    'Dropout',
    'Elu',
    'Erf',
    'Exp',
    'Gelu',
    'HardSigmoid',
    'HardSwish',
  ],
  ...[
    'Identity',
    'LeakyRelu',
    'Log',
    'Mish',
    'Neg',
    'PRelu',
    'Reciprocal',
    'Relu',
    'Selu',
    'Sigmoid',
    'Sign',
    'Softplus',
  ],
  ...['Softsign', 'Sqrt', 'Tanh', 'Add', 'Div', 'Max', 'Mean', 'Min', 'Mul', 'Pow', 'Sub', 'Sum', 'Where'],
  ...['Concat', 'Expand', 'Pad', 'Resize', 'Slice', 'Split', 'Gather', 'DequantizeLinear', 'QuantizeLinear'],
  ...['LayerNormalization', 'LpNormalization', 'MeanVarianceNormalization', 'Softmax', 'LogSoftmax'],
]);
/** Operators that may do no more than put in or take out axes of length 1. */
const REGROUPS = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

type DimsOf = (name: string) => Dims | undefined;

/** How the axes of a node's outputs follow from those of its inputs; nothing for operators that make axes of their own. */
export function axisRelations(node: Node, dimsOf: DimsOf): readonly AxisRelation[] {
  const { op, domain, inputs, outputs } = node;
  if (domain !== '') return [];
  if (op === 'Transpose') return transposed(node, dimsOf);
  if (REGROUPS.has(op)) return regrouped(node, dimsOf);
  if (!KEEPS.has(op)) return [];
  const same = (axis: ChannelAxis) => axis;
  return outputs.flatMap((to) =>
    inputs
      .filter((from) => dimsOf(from) !== undefined && dimsOf(from)?.length === dimsOf(to)?.length)
      .map((from) => ({ from, to, forth: same, back: same })),
  );
}

function transposed({ attributes, inputs: [from], outputs: [to] }: Node, dimsOf: DimsOf): AxisRelation[] {
  const rank = dimsOf(from)?.length ?? 0;
  const perm =
    attributes.perm?.kind === 'ints'
      ? attributes.perm.value
      : Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  return [
    {
      from,
      to,
      forth: (axis) => (axis === 'none' ? axis : perm.indexOf(axis)),
      back: (axis) => (axis === 'none' ? axis : perm[axis]),
    },
  ];
}

function regrouped({ inputs: [from], outputs: [to] }: Node, dimsOf: DimsOf): AxisRelation[] {
  const [before, after] = [dimsOf(from) ?? [], dimsOf(to) ?? []];
  const pairs = aligned(before, after);
  if (pairs === undefined) return [];
  const forth = (axis: ChannelAxis) => pairs.find(([own]) => own === axis)?.[1] ?? missing(before, after);
  const back = (axis: ChannelAxis) =>
    pairs.find(([, other]) => other === axis)?.[0] ?? missing(after, before);
  return [{ from, to, forth, back }];
}

/** An axis that is not among those of the other value, which has none where it has no more axes. */
const missing = (own: Dims, other: Dims): 'none' | undefined =>
  other.length <= own.length ? 'none' : undefined;

/** Axes of two shapes that are one but for axes of length 1, in pairs; undefined for other shapes. */
function aligned(from: Dims, to: Dims): readonly (readonly [number, number])[] | undefined {
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
