import type { Graph, ValueType } from '../ir/types.js';
import { typingOf } from './typing.js';

/** Cache of inferred types by graph. A graph is immutable. */
const inferred = new WeakMap<Graph, ReadonlyMap<string, ValueType>>();

/**
 * Infers the type of every value of a graph in canonical form: inputs, constants and node outputs. Outputs of foreign operators have the
 * type that a run showed, else the declared dtype without a rank, else no type. The result is cached by graph. Throws `shape-mismatch` or
 * `type-mismatch` with the name of the first node whose inputs contradict each other.
 */
export function infer(graph: Graph): ReadonlyMap<string, ValueType> {
  const known = inferred.get(graph);
  if (known !== undefined) return known;
  const types = typesOf(graph);
  inferred.set(graph, types);
  return types;
}

function typesOf(graph: Graph): ReadonlyMap<string, ValueType> {
  const typing = typingOf(graph);
  for (const value of graph.inputs) typing.addInput(value);
  for (const [name, value] of graph.constants) typing.addConstant(name, value);
  for (const node of graph.nodes) typing.addNode(node);
  return typing.types();
}
