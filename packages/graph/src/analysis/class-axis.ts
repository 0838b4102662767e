import type { Graph, Node } from '../ir/types.js';
import { producersOf } from '../ir/walk.js';

/** The axis of an output along which its classes lie. */
export interface ClassAxis {
  /** From 0 with the batch. */
  readonly axis: number;
  /** The node that tells. */
  readonly told: string;
}

export interface ClassAxisOptions {
  readonly output: string;
  readonly rank: number;
  /** Further nodes that may read the output, such as those of the whole model where the graph ends in the output. */
  readonly readers?: readonly Node[];
}

/** Operators that compare the entries along their axis, as only classes are compared. */
const COMPARES: ReadonlySet<string> = new Set(['Softmax', 'LogSoftmax', 'Hardmax', 'ArgMax', 'TopK']);
const LAST: ReadonlySet<string> = new Set(['Softmax', 'LogSoftmax', 'Hardmax', 'TopK']);

/** Operators whose output has the axes of their first input. */
const KEEPS: ReadonlySet<string> = new Set([
  'Abs', 'Cast', 'Clip', 'Dropout', 'Exp', 'Identity', 'LeakyRelu', 'Log', 'Neg', 'Pad',
  'Relu', 'Resize', 'Sigmoid', 'Slice', 'Tanh', 'Upsample',
]); // biome-ignore format: a list
const PAIRS: ReadonlySet<string> = new Set(['Add', 'Div', 'Mul', 'Sub']);

/**
 * The axis of classes, as far as the graph tells: that of a Softmax, LogSoftmax, Hardmax, ArgMax or TopK that made the output or reads
 * it; else the channels of the convolution, or the columns of the matrix product, that made it. Between them and the output may be
 * operators that keep or permute axes. Undefined where the graph does not tell, or two operators tell different axes.
 */
export function classAxisOf(graph: Graph, options: ClassAxisOptions): ClassAxis | undefined {
  const { output, rank, readers = [] } = options;
  const makers = producersOf(graph.nodes);
  const all = [...new Set([...graph.nodes, ...readers])];
  const told: ClassAxis[] = [];
  let place: Place | undefined = { name: output, rank, axes: Array.from({ length: rank }, (_, i) => i) };
  while (place !== undefined) {
    const { name, axes, rank: own }: Place = place;
    const maker = makers.get(name);
    const compared = all.filter(
      ({ op, domain, inputs }) => domain === '' && COMPARES.has(op) && inputs[0] === name,
    );
    for (const node of compared) told.push(...axisIn(axes, comparedAxis(node, own), node));
    if (maker === undefined || maker.domain !== '') break;
    if (COMPARES.has(maker.op)) told.push(...axisIn(axes, comparedAxis(maker, own), maker));
    if (told.length === 0) told.push(...axisIn(axes, producedAxis(maker, own), maker));
    place = told.length > 0 ? undefined : before(graph, maker, place);
  }
  return new Set(told.map(({ axis }) => axis)).size === 1 ? told[0] : undefined;
}

/** A value on the way back from the output, and for each axis of the output which of the value's it is; -1: none. */
interface Place {
  readonly name: string;
  readonly rank: number;
  readonly axes: readonly number[];
}

function axisIn(axes: readonly number[], axis: number | undefined, { op, name }: Node): readonly ClassAxis[] {
  const found = axis === undefined ? -1 : axes.indexOf(axis);
  return found < 1 ? [] : [{ axis: found, told: name === '' ? op : `${op} "${name}"` }];
}

function comparedAxis({ op, attributes: { axis } }: Node, rank: number): number {
  const given = axis?.kind === 'int' ? axis.value : LAST.has(op) ? -1 : 0;
  return given < 0 ? given + rank : given;
}

/** Convolutions put their classes on axis 1, products of matrices on the last. */
function producedAxis({ op }: Node, rank: number): number | undefined {
  if (op === 'Conv' || op === 'ConvTranspose') return 1;
  return op === 'MatMul' || op === 'Gemm' ? rank - 1 : undefined;
}

function before(graph: Graph, node: Node, { axes, rank }: Place): Place | undefined {
  const { op, inputs, attributes } = node;
  if (KEEPS.has(op)) return { name: inputs[0], rank, axes };
  if (PAIRS.has(op)) {
    const varying = inputs.filter((name) => !graph.constants.has(name));
    return varying.length === 1 ? { name: varying[0], rank, axes } : undefined;
  }
  if (op === 'Transpose') {
    const { perm } = attributes;
    const order = perm?.kind === 'ints' ? perm.value : Array.from({ length: rank }, (_, i) => rank - 1 - i);
    return { name: inputs[0], rank, axes: axes.map((axis) => order[axis] ?? -1) };
  }
  if (op !== 'Unsqueeze') return undefined;
  const added = addedAxes(graph, inputs[1], rank);
  return (
    added && {
      name: inputs[0],
      rank: rank - added.length,
      axes: axes.map((axis) => withoutAdded(axis, added)),
    }
  );
}

function addedAxes(
  { constants }: Graph,
  name: string | undefined,
  rank: number,
): readonly number[] | undefined {
  const data = name === undefined ? undefined : constants.get(name)?.data;
  if (!(data instanceof BigInt64Array)) return undefined;
  return Array.from(data, (axis) => (axis < 0n ? Number(axis) + rank : Number(axis)));
}

const withoutAdded = (axis: number, added: readonly number[]): number =>
  added.includes(axis) ? -1 : axis - added.filter((other) => other < axis).length;
