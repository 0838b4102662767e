import type { Graph } from './types.js';
import { graphsOf } from './walk.js';

/** Every name of a value or a node of a graph and of the graphs inside it: a new node is called after its first output. */
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

/** Makes names that nothing in the set has: "Mul_1", "Mul_2", ... */
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

/** Makes names that a graph does not have; it is searched for the first one, which most rewrites never need. */
export function namesBeside(graph: Graph): (hint: string) => string {
  let name: ((hint: string) => string) | undefined;
  return (hint) => {
    name ??= namer(namesIn(graph));
    return name(hint);
  };
}
