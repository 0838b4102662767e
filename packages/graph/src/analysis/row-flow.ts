import { divideDims, isUnknown, productOf, wordsIn } from '../infer/dim.js';
import { type Typing, typingOf } from '../infer/typing.js';
import { numbersOf } from '../ir/constant.js';
import { isIn, isOp, qualifiedName } from '../ir/ops.js';
import { usesOf } from '../ir/scope.js';
import type { Graph, Node, ValueType } from '../ir/types.js';
import { dataInputsOf, readsShape, valuesOfRowCount } from './row-count.js';
import { type MixingKind, ROW_MIXING, type RowOperand } from './row-mixing.js';

/** A node that combines rows. */
export interface Mixing {
  readonly node: Node;
  readonly kind: MixingKind;
}

/** The axis of the rows in every value of a graph, and the nodes that combine rows. */
export interface RowFlow {
  /** Returns the axis of a value along which the rows lie; undefined where it has none or several, or its shape is not known. */
  axisOf(name: string): number | undefined;
  /** Returns the first node before a value that is known to combine rows; undefined where there is none. */
  mixing(name: string): Mixing | undefined;
  /**
   * Returns a node before a value that may combine rows; only a comparison of rows run together and alone can decide. Undefined where
   * there is none.
   */
  unknown(name: string): Node | undefined;
  /** Whether the rows lie along the batch axis of a recurrent node. */
  readonly recurrent: boolean;
}

/**
 * Follows the rows through a graph in canonical form. Rows lie along the axes of size `symbol`, a symbol of the inputs' dims. Shape
 * inference gives the axis in every value; the table {@link ROW_MIXING} says which operators combine elements along it.
 */
export function rowFlow(graph: Graph, symbol: string): RowFlow {
  const typing = typingOfGraph(graph);
  const types = typing.types();
  const rowCounts = valuesOfRowCount(graph.nodes, typing, symbol);
  const axesOf = (name: string) => axesAlong(types.get(name), symbol);
  const dataDependent = dataDependentValues(graph);
  const reached = new Set(graph.inputs.flatMap(({ name }) => (axesOf(name).length > 0 ? [name] : [])));
  const mixed = new Map<string, Mixing>();
  const unknown = new Map<string, Node>();
  let recurrent = false;
  for (const node of graph.nodes) {
    const uses = usesOf(node);
    if (readsShape(node) || !uses.some((name) => reached.has(name))) continue;
    const own = mixingOf({ node, graph, types, symbol, axesOf, dataDependent });
    const mixing = firstOf(uses, mixed) ?? (own === 'unknown' ? undefined : own);
    const usesRowCount = dataInputsOf(node).some((name) => rowCounts.has(name));
    const undecided = firstOf(uses, unknown) ?? (own === 'unknown' || usesRowCount ? node : undefined);
    for (const name of node.outputs) {
      reached.add(name);
      if (mixing !== undefined) mixed.set(name, mixing);
      if (undecided !== undefined) unknown.set(name, undecided);
    }
    recurrent ||= own === undefined && isIn(node, 'recurrent') && axesOf(node.inputs[0]).length === 1;
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

function typingOfGraph(graph: Graph): Typing {
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

/** Axes whose size is an expression of the symbol and of unknown sizes, and so may be the axis of the rows. */
function likelyAxes(type: ValueType | undefined, symbol: string): readonly number[] {
  return (type?.dims ?? []).flatMap((dim, axis) => {
    const words = wordsIn(dim);
    return words.has(symbol) && [...words].some(isUnknown) ? [axis] : [];
  });
}

/** Axes whose size is the symbol, or a multiple of it where a Reshape merged the rows with another axis. */
function axesAlong(type: ValueType | undefined, symbol: string): readonly number[] {
  return (type?.dims ?? []).flatMap((dim, axis) =>
    typeof dim === 'string' && divideDims(dim, symbol) !== undefined ? [axis] : [],
  );
}

/** Returns the names of the values that depend on the numbers of an input, not only on shapes. */
function dataDependentValues(graph: Graph): ReadonlySet<string> {
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
  readonly dataDependent: ReadonlySet<string>;
}

/** Returns how a node combines the rows of its inputs; undefined where it does not, 'unknown' where this is not known. */
function mixingOf(visit: Visit): Mixing | 'unknown' | undefined {
  const { node, types, axesOf } = visit;
  const operands = node.inputs.flatMap((name, input) => axesOf(name).map((axis) => ({ input, axis })));
  if (node.inputs.some((name) => axesOf(name).length > 1)) return { node, kind: 'pairs' };
  const rule = ROW_MIXING.get(qualifiedName(node));
  const untyped = node.inputs.some((name) => name !== '' && types.get(name)?.dims === undefined);
  if (rule === undefined) return 'unknown';
  const kinds = operands.map((operand) => rule(operandOf(visit, operand)));
  const kind = kinds.find((each): each is MixingKind => each !== undefined && each !== 'unknown');
  if (kind !== undefined) return { node, kind };
  if (isOp(node.op, node.domain) && operands.length > 0 && dropsRows(visit))
    return { node, kind: 'selection' };
  return untyped || kinds.includes('unknown') || hasAmbiguousAxis(visit) ? 'unknown' : undefined;
}

/**
 * Whether an input or output has an axis such as N+1 or, where no axis holds the rows, one of unknown size: then it is not known which
 * elements belong to which row.
 */
function hasAmbiguousAxis({ node, types, symbol, axesOf }: Visit): boolean {
  return [...node.inputs, ...node.outputs].some((name) => {
    const rows = axesOf(name);
    const others = types.get(name)?.dims?.filter((_, axis) => !rows.includes(axis)) ?? [];
    return others.some((dim) => wordsIn(dim).has(symbol) || (rows.length === 0 && isUnknown(dim)));
  });
}

function operandOf(
  { node, graph, types, axesOf, dataDependent }: Visit,
  { input, axis }: { input: number; axis: number },
): RowOperand {
  const dimsOf = (name: string) => types.get(name)?.dims;
  const nameOf = (other: number) => node.inputs[other] ?? '';
  const dims = dimsOf(nameOf(input)) ?? [];
  const [outputAxis] = axesOf(node.outputs[0]);
  return {
    input,
    axis,
    rank: dims.length,
    node,
    leadingSize: {
      input: productOf(dims.slice(0, axis)),
      output:
        outputAxis === undefined ? undefined : productOf(dimsOf(node.outputs[0])?.slice(0, outputAxis) ?? []),
    },
    hasInput: (other) => nameOf(other) !== '',
    constantOf(other) {
      const constant = graph.constants.get(nameOf(other));
      return constant && [...numbersOf(constant)];
    },
    lastSize: (other) => dimsOf(nameOf(other))?.at(-1),
    isDataDependent: (other) => dataDependent.has(nameOf(other)),
    hasRows: (other) => axesOf(nameOf(other)).length > 0,
  };
}

/** Whether all outputs have a known shape that does not depend on the number of rows: the node selects or aggregates rows. */
function dropsRows({ node, types, symbol }: Pick<Visit, 'node' | 'types' | 'symbol'>): boolean {
  return node.outputs.every((name) => {
    const dims = name === '' ? [] : types.get(name)?.dims;
    return dims?.every((dim) => typeof dim === 'number' || excludes(dim, symbol)) ?? false;
  });
}

/** Whether a size is known not to contain a symbol; a size that is not known ("?3") may contain it. */
function excludes(dim: string, symbol: string): boolean {
  return [...wordsIn(dim)].every((word) => word !== symbol && !word.startsWith('?'));
}
