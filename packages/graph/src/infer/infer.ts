import type { Graph, ValueType } from '../ir/types.js';
import { typingOf } from './typing.js';

/** Types of graphs that were inferred before: a graph does not change. */
const inferred = new WeakMap<Graph, ReadonlyMap<string, ValueType>>();

/**
 * Type of every value of a graph in canonical form: inputs, constants and node outputs. Values that a foreign operator
 * makes are missing unless a run showed them; of those that the file declares the number type is known.
 * A rank is never known from a declaration alone.
 * Inferred once for each graph.
 * Throws `shape-mismatch` or `type-mismatch` naming the first node whose inputs contradict each other.
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
