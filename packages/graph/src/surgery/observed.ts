import { declaredTypes, freshUnknowns, symbolsOf } from '../infer/declared.js';
import { isUnknown } from '../infer/dim.js';
import { infer } from '../infer/infer.js';
import { constantFrom } from '../ir/constant.js';
import { identity } from '../ir/identity.js';
import { freshNames } from '../ir/names.js';
import { isOp } from '../ir/ops.js';
import type { Constant, DataType, Dim, Graph, Node, Value, ValueType } from '../ir/types.js';

/** The type of a value as the runtime tells it. */
export interface Observation {
  readonly dtype: DataType;
  /** As seen in a run; a size is undefined where the run does not show which symbol it is. Undefined where nothing ran. */
  readonly dims: readonly (Dim | undefined)[] | undefined;
}

/**
 * Returns the node outputs whose type shape inference does not find: those of foreign operators, and of nodes whose inner graphs end in
 * one. Values that are only unknown because they are computed from such an output do not count.
 */
export function valuesWithoutType(graph: Graph): readonly string[] {
  const types = infer(graph);
  const isKnown = (name: string): boolean => name === '' || types.has(name);
  return graph.nodes.flatMap((node) =>
    isOp(node.op, node.domain) && !node.inputs.every(isKnown)
      ? []
      : node.outputs.filter((name) => !isKnown(name)),
  );
}

/**
 * Returns the values of a graph in canonical form whose rank shape inference does not find, or whose row axis only the file declares. A
 * declaration may be wrong: run the graph and pass the shapes to {@link withObserved}. Each value has its inferred dtype and the dims that
 * the file declares.
 */
export function undetermined(graph: Graph): readonly Value[] {
  const types = infer(graph);
  const declared = declaredTypes(graph);
  const symbols = symbolsOf(graph);
  return graph.nodes.flatMap(({ outputs }) =>
    outputs.flatMap((name): Value[] => {
      const [inferred, dims] = [types.get(name), declared.get(name)?.dims];
      if (inferred === undefined) return [];
      const isKnown = inferred.dims !== undefined && !declaresRows(dims, inferred.dims, symbols);
      return isKnown ? [] : [{ name, dtype: inferred.dtype, dims }];
    }),
  );
}

/** Whether the declared dims have a symbol of the inputs where inference finds an unknown size. */
function declaresRows(
  declared: ValueType['dims'],
  inferred: readonly Dim[],
  symbols: ReadonlySet<Dim>,
): boolean {
  if (declared?.length !== inferred.length) return false;
  return declared.some((dim, i) => symbols.has(dim) && isUnknown(inferred[i] ?? dim));
}

/**
 * Adds the types that the runtime tells to a graph, which need not be in canonical form. Inference uses them where it finds nothing itself.
 */
export const withObservedTypes = (graph: Graph, seen: ReadonlyMap<string, Observation>): Graph => ({
  ...graph,
  observed: observedTypes(graph, seen),
});

function observedTypes(graph: Graph, seen: ReadonlyMap<string, Observation>): NonNullable<Graph['observed']> {
  const unknown = freshUnknowns(graph);
  const observed = new Map<string, ValueType>(graph.observed);
  for (const [name, { dtype, dims }] of seen) {
    observed.set(name, { dtype, dims: dims?.map((dim) => dim ?? unknown()) });
  }
  return observed;
}

/**
 * Adds types seen in a run to a graph; inference uses them where it finds nothing itself. A Squeeze without axes gets explicit axes, those
 * of size 1, where the run showed that it keeps the symbolic axes; it then keeps them also where a symbol is 1.
 */
export function withObserved(graph: Graph, seen: ReadonlyMap<string, Observation>): Graph {
  const observed = observedTypes(graph, seen);
  const types = infer({ ...graph, observed });
  const constants = new Map(graph.constants);
  const fresh = freshNames(graph);
  const add = (value: Constant): string => {
    const name = fresh('axes');
    constants.set(name, value);
    return name;
  };
  const nodes = graph.nodes.map((node) => withExplicitAxes(node, (name) => types.get(name)?.dims, add));
  return { ...graph, nodes, constants, observed };
}

/** Sets the axes of a Squeeze; returns other nodes as they are. */
function withExplicitAxes(
  node: Node,
  dimsOf: (name: string) => ValueType['dims'],
  add: (value: Constant) => string,
): Node {
  const { op, domain, inputs, outputs } = node;
  if (op !== 'Squeeze' || domain !== '' || (inputs[1] ?? '') !== '') return node;
  const [before, after] = [dimsOf(inputs[0]), dimsOf(outputs[0])];
  const axes = before?.flatMap((dim, i) => (dim === 1 ? [i] : [])) ?? [];
  if (before === undefined || after?.length !== before.length - axes.length) return node;
  if (axes.length === 0) return identity(inputs[0], outputs[0]);
  return { ...node, inputs: [inputs[0], add(constantFrom('int64', [axes.length], axes))] };
}
