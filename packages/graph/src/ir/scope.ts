import type { Graph, Node } from './types.js';
import { graphsOf, mapGraphs } from './walk.js';

const captures = new WeakMap<Graph, readonly string[]>();

/** Names that an inner graph (If, Loop, Scan) takes from the graphs around it. */
export function capturesOf(graph: Graph): readonly string[] {
  const known = captures.get(graph);
  if (known !== undefined) return known;
  const own = new Set([...graph.inputs.map(({ name }) => name), ...graph.constants.keys()]);
  for (const node of graph.nodes) for (const output of node.outputs) own.add(output);
  const free = new Set<string>();
  const use = (name: string): void => {
    if (name !== '' && !own.has(name)) free.add(name);
  };
  for (const node of graph.nodes) usesOf(node).forEach(use);
  for (const { name } of graph.outputs) use(name);
  const found = [...free];
  captures.set(graph, found);
  return found;
}

/** Every name of the graph around it that a node reads: its inputs and what its inner graphs capture. */
export function usesOf(node: Node): readonly string[] {
  const inner = graphsOf(node);
  const inputs = node.inputs.includes('') ? node.inputs.filter((name) => name !== '') : node.inputs;
  return inner.length === 0 ? inputs : [...inputs, ...inner.flatMap(capturesOf)];
}

/** How often each value is read: by nodes, as an output of the graph, and for each of `kept`, names that other code reads. */
export function useCounts(
  { nodes, outputs }: Graph,
  kept: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const uses = [...nodes.flatMap(usesOf), ...outputs.map(({ name }) => name), ...kept];
  for (const name of uses) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** How a node is called in messages. */
export function describe({ op, domain, name, outputs }: Node): string {
  const label = name === '' ? `with output "${outputs[0] ?? ''}"` : `"${name}"`;
  return `${domain === '' ? '' : `${domain}:`}${op} node ${label}`;
}

/** A node that reads other names: in its inputs and in what its inner graphs capture. The node itself where none changes. */
export function substitute(node: Node, rename: (name: string) => string): Node {
  const read = mapGraphs(node, (graph) => substituteCaptures(graph, rename));
  if (node.inputs.every((name) => name === '' || rename(name) === name)) return read;
  return { ...read, inputs: node.inputs.map((name) => (name === '' ? '' : rename(name))) };
}

function substituteCaptures(graph: Graph, rename: (name: string) => string): Graph {
  const captured = new Set(capturesOf(graph));
  const inner = (name: string): string => (captured.has(name) ? rename(name) : name);
  return {
    ...graph,
    nodes: graph.nodes.map((node) => substitute(node, inner)),
    outputs: graph.outputs.map((output) => ({ ...output, name: inner(output.name) })),
  };
}
