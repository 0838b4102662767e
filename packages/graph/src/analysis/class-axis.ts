import { attributesOf } from '../ir/attributes.js';
import { opsIn } from '../ir/ops.js';
import type { Graph, Node } from '../ir/types.js';
import { producersOf } from '../ir/walk.js';

/** The axis of an output along which the classes lie. */
export interface ClassAxis {
  /** Counted from 0 with the batch axis. */
  readonly axis: number;
  /** The operator that shows it, with the node's name if it has one. */
  readonly evidence: string;
}

export interface ClassAxisOptions {
  readonly output: string;
  readonly rank: number;
  /** Further nodes that may read the output: those of the whole model where `graph` is cut at the output. */
  readonly readers?: readonly Node[];
}

/** Operators that compare the entries along their axis; models compare only classes so. */
const CLASS_COMPARISONS = ['Softmax', 'LogSoftmax', 'Hardmax', 'ArgMax', 'TopK'] as const;
const comparesClasses = ({ op, domain }: Node): boolean =>
  domain === '' && CLASS_COMPARISONS.some((name) => name === op);

/** Operators that keep the axes of their first input. */
const AXIS_PRESERVING: ReadonlySet<string> = new Set([
  ...opsIn('unary', 'copy'),
  'Dropout',
  'Pad',
  'Resize',
  'Slice',
  'Upsample',
]);
const BINARY: ReadonlySet<string> = new Set(['Add', 'Div', 'Mul', 'Sub']);

/**
 * Finds the class axis of an output. It is the axis of a Softmax, LogSoftmax, Hardmax, ArgMax or TopK that produces or reads the output;
 * else the channel axis of the convolution, or the last axis of the matrix product, that produces it. Operators that keep or permute axes
 * may lie between them and the output. Undefined where there is no evidence, or where two operators show different axes.
 */
export function classAxisOf(graph: Graph, options: ClassAxisOptions): ClassAxis | undefined {
  const { output, rank, readers = [] } = options;
  const producers = producersOf(graph.nodes);
  const all = [...new Set([...graph.nodes, ...readers])];
  const found: ClassAxis[] = [];
  let traced: TracedValue | undefined = {
    name: output,
    rank,
    axes: Array.from({ length: rank }, (_, i) => i),
  };
  while (traced !== undefined) {
    const { name, axes, rank: own }: TracedValue = traced;
    const producer = producers.get(name);
    const compared = all.filter((node) => comparesClasses(node) && node.inputs[0] === name);
    for (const node of compared) found.push(...axisInOutput(axes, comparedAxis(node, own), node));
    if (producer === undefined || producer.domain !== '') break;
    if (comparesClasses(producer)) {
      found.push(...axisInOutput(axes, comparedAxis(producer, own), producer));
    }
    if (found.length === 0) found.push(...axisInOutput(axes, producedAxis(producer, own), producer));
    traced = found.length > 0 ? undefined : stepBack(graph, producer, traced);
  }
  return new Set(found.map(({ axis }) => axis)).size === 1 ? found[0] : undefined;
}

/** A value that is reached by going backward from the output. */
interface TracedValue {
  readonly name: string;
  readonly rank: number;
  /** For each axis of the output, the corresponding axis of this value; -1 where there is none. */
  readonly axes: readonly number[];
}

/** Translates an axis of a traced value to one of the output; empty where it has no counterpart or is axis 0. */
function axisInOutput(
  axes: readonly number[],
  axis: number | undefined,
  { op, name }: Node,
): readonly ClassAxis[] {
  const found = axis === undefined ? -1 : axes.indexOf(axis);
  return found < 1 ? [] : [{ axis: found, evidence: name === '' ? op : `${op} "${name}"` }];
}

function comparedAxis(node: Node, rank: number): number {
  const { axis: given } = attributesOf(node, ...CLASS_COMPARISONS);
  return given < 0 ? given + rank : given;
}

/** Convolutions produce classes on axis 1, matrix products on the last axis. */
function producedAxis({ op }: Node, rank: number): number | undefined {
  if (op === 'Conv' || op === 'ConvTranspose') return 1;
  return op === 'MatMul' || op === 'Gemm' ? rank - 1 : undefined;
}

/** Goes from the output of a node to its input; undefined where the axes of the input do not follow. */
function stepBack(graph: Graph, node: Node, { axes, rank }: TracedValue): TracedValue | undefined {
  const { op, inputs, attributes } = node;
  if (AXIS_PRESERVING.has(op)) return { name: inputs[0], rank, axes };
  if (BINARY.has(op)) {
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
