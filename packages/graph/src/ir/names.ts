import type { Graph } from './types.js';
import { graphsOf } from './walk.js';

/** Collects the names of all values and nodes of a graph and of its inner graphs. A new node gets the name of its first output. */
export function namesIn(graph: Graph, into: Set<string> = new Set()): Set<string> {
  for (const { name } of graph.inputs) into.add(name);
  for (const name of graph.constants.keys()) into.add(name);
  for (const node of graph.nodes) {
    into.add(node.name);
    for (const name of node.outputs) into.add(name);
    for (const inner of graphsOf(node)) namesIn(inner, into);
  }
  for (const { name } of graph.outputs) into.add(name);
  return into;
}

/** Returns a function that makes names outside the set, "Mul_1", "Mul_2", and so on, and adds them to it. */
export function namer(used: Set<string>): (hint: string) => string {
  const counts = new Map<string, number>();
  return (hint) => {
    let count = counts.get(hint) ?? 0;
    let name: string;
    do name = `${hint}_${++count}`;
    while (used.has(name));
    counts.set(hint, count);
    used.add(name);
    return name;
  };
}

/** Returns a {@link namer} for names that a graph does not have. It collects the names of the graph at the first call only. */
export function freshNames(graph: Graph): (hint: string) => string {
  let fresh: ((hint: string) => string) | undefined;
  return (hint) => {
    fresh ??= namer(namesIn(graph));
    return fresh(hint);
  };
}
