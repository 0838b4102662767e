import { divideDims, isUnknown, productOf, wordsIn } from '../infer/dim.js';
import { type Typing, typingOf } from '../infer/typing.js';
import { attributesOf } from '../ir/attributes.js';
import { numbersOf } from '../ir/constant.js';
import { isOp } from '../ir/ops.js';
import { usesOf } from '../ir/scope.js';
import type { Graph, Node, ValueType } from '../ir/types.js';
import { countsOfRows, numbersRead, readsShape } from './row-count.js';
import { type Carrier, MIXERS, type MixingKind } from './row-mixers.js';

/** A node that combines rows with one another. */
export interface Mixing {
  readonly node: Node;
  readonly kind: MixingKind;
}

/** Where the rows along one symbolic axis are in every value of a graph, and where they stop being independent. */
export interface RowFlow {
  /** Position of the rows' axis in a value; undefined where it has none, several, or its shape is not known. */
  axisOf(name: string): number | undefined;
  /** The first node on the way to a value that is known to combine rows; undefined where none is known to. */
  mixing(name: string): Mixing | undefined;
  /**
   * A node on the way to a value of which it is not known whether it combines rows: run rows together and alone to find out. Undefined
   * where all nodes are known.
   */
  unknown(name: string): Node | undefined;
  /** Whether the rows are the batch axis of a recurrent node. */
  readonly recurrent: boolean;
}

/**
 * Follows the rows along the axes of size `symbol`, a symbol of the inputs' dims, through a graph in canonical form. Shape inference
 * tells where the axis goes; a table of operators tells which of them combine elements along it.
 */
export function rowFlow(graph: Graph, symbol: string): RowFlow {
  const typing = typed(graph);
  const types = typing.types();
  const counts = countsOfRows(graph.nodes, typing, symbol);
  const axesOf = (name: string) => axesAlong(types.get(name), symbol);
  const computed = dataDependent(graph);
  const reached = new Set(graph.inputs.flatMap(({ name }) => (axesOf(name).length > 0 ? [name] : [])));
  const mixed = new Map<string, Mixing>();
  const unknown = new Map<string, Node>();
  let recurrent = false;
  for (const node of graph.nodes) {
    const uses = usesOf(node);
    if (readsShape(node) || !uses.some((name) => reached.has(name))) continue;
    const own = mixingOf({ node, graph, types, symbol, axesOf, computed });
    const mixing = firstOf(uses, mixed) ?? (own === 'unknown' ? undefined : own);
    const counted = numbersRead(node).some((name) => counts.has(name));
    const unsure = firstOf(uses, unknown) ?? (own === 'unknown' || counted ? node : undefined);
    for (const name of node.outputs) {
      reached.add(name);
      if (mixing !== undefined) mixed.set(name, mixing);
      if (unsure !== undefined) unknown.set(name, unsure);
    }
    recurrent ||= own === undefined && isRecurrent(node) && axesOf(node.inputs[0]).length === 1;
  }
  return {
    axisOf(name) {
      const axes = axesOf(name);
      const found = axes.length > 0 ? axes : likelyAxes(types.get(name), symbol);
      return found.length === 1 ? found[0] : undefined;
    },
    mixing: (name) => mixed.get(name),
    unknown: (name) => unknown.get(name),
    recurrent,
  };
}

function typed(graph: Graph): Typing {
  const typing = typingOf(graph);
  for (const value of graph.inputs) typing.addInput(value);
  for (const [name, value] of graph.constants) typing.addConstant(name, value);
  for (const node of graph.nodes) typing.addNode(node);
  return typing;
}

function firstOf<T>(names: readonly string[], found: ReadonlyMap<string, T>): T | undefined {
  const name = names.find((each) => found.has(each));
  return name === undefined ? undefined : found.get(name);
}

const RECURRENT: ReadonlySet<string> = new Set(['LSTM', 'GRU', 'RNN']);
const isRecurrent = ({ op, domain }: Node): boolean => domain === '' && RECURRENT.has(op);

/** Axes whose size is made of the symbol and of sizes that are not known: it is the symbol itself for all that is known. */
function likelyAxes(type: ValueType | undefined, symbol: string): readonly number[] {
  return (type?.dims ?? []).flatMap((dim, axis) => {
    const words = wordsIn(dim);
    return words.has(symbol) && [...words].some(isUnknown) ? [axis] : [];
  });
}

/** Axes whose size is the symbol, or a multiple of it where rows were merged with another axis. */
function axesAlong(type: ValueType | undefined, symbol: string): readonly number[] {
  return (type?.dims ?? []).flatMap((dim, axis) =>
    typeof dim === 'string' && divideDims(dim, symbol) !== undefined ? [axis] : [],
  );
}

/** Names of values that depend on the numbers of an input, not only on shapes. */
function dataDependent(graph: Graph): ReadonlySet<string> {
  const found = new Set(graph.inputs.map(({ name }) => name));
  for (const node of graph.nodes) {
    if (readsShape(node)) continue;
    if (usesOf(node).some((name) => found.has(name))) for (const name of node.outputs) found.add(name);
  }
  return found;
}

interface Visit {
  readonly node: Node;
  readonly graph: Graph;
  readonly types: ReadonlyMap<string, ValueType>;
  readonly symbol: string;
  readonly axesOf: (name: string) => readonly number[];
  readonly computed: ReadonlySet<string>;
}

/** How a node that rows reach combines them; 'unknown' where the table does not tell. */
function mixingOf(visit: Visit): Mixing | 'unknown' | undefined {
  const { node, types, axesOf } = visit;
  const carriers = node.inputs.flatMap((name, input) => axesOf(name).map((axis) => ({ input, axis })));
  if (node.inputs.some((name) => axesOf(name).length > 1)) return { node, kind: 'pairs' };
  const mixer = MIXERS.get(node.domain === '' ? node.op : `${node.domain}:${node.op}`);
  const untyped = node.inputs.some((name) => name !== '' && types.get(name)?.dims === undefined);
  if (mixer === undefined) return 'unknown';
  const kinds = carriers.map((carrier) => mixer(carrierOf(visit, carrier)));
  const kind = kinds.find((each): each is MixingKind => each !== undefined && each !== 'unknown');
  if (kind !== undefined) return { node, kind };
  if (isOp(node.op, node.domain) && carriers.length > 0 && loses(visit)) return { node, kind: 'selection' };
  return untyped || kinds.includes('unknown') || isBlurred(visit) ? 'unknown' : undefined;
}

/**
 * Whether an input or output has an axis with more or fewer elements than rows, such as N+1, or one of unknown size and no rows: nobody
 * follows which elements belong to which row.
 */
function isBlurred({ node, types, symbol, axesOf }: Visit): boolean {
  return [...node.inputs, ...node.outputs].some((name) => {
    const rows = axesOf(name);
    const others = types.get(name)?.dims?.filter((_, axis) => !rows.includes(axis)) ?? [];
    return others.some((dim) => wordsIn(dim).has(symbol) || (rows.length === 0 && isUnknown(dim)));
  });
}

function carrierOf(
  { node, graph, types, axesOf, computed }: Visit,
  { input, axis }: { input: number; axis: number },
): Carrier {
  const dimsOf = (name: string) => types.get(name)?.dims;
  const nameOf = (other: number) => node.inputs[other] ?? '';
  const dims = dimsOf(nameOf(input)) ?? [];
  const [place] = axesOf(node.outputs[0]);
  return {
    input,
    axis,
    rank: dims.length,
    attributes: attributesOf(node),
    before: {
      input: productOf(dims.slice(0, axis)),
      output: place === undefined ? undefined : productOf(dimsOf(node.outputs[0])?.slice(0, place) ?? []),
    },
    hasInput: (other) => nameOf(other) !== '',
    constantOf(other) {
      const constant = graph.constants.get(nameOf(other));
      return constant && [...numbersOf(constant)];
    },
    lastSize: (other) => dimsOf(nameOf(other))?.at(-1),
    isComputed: (other) => computed.has(nameOf(other)),
    hasRows: (other) => axesOf(nameOf(other)).length > 0,
  };
}

/** Whether all outputs are of known shape and none has to do with how many rows there are: some were picked, or all put into one. */
function loses({ node, types, symbol }: Pick<Visit, 'node' | 'types' | 'symbol'>): boolean {
  return node.outputs.every((name) => {
    const dims = name === '' ? [] : types.get(name)?.dims;
    return dims?.every((dim) => typeof dim === 'number' || isOther(dim, symbol)) ?? false;
  });
}

/** Whether a size has nothing to do with a symbol; one that is not known ("?3") may have. */
function isOther(dim: string, symbol: string): boolean {
  return [...wordsIn(dim)].every((word) => word !== symbol && !word.startsWith('?'));
}
