import type { Graph, Node } from './types.js';
import { graphsOf, mapGraphs } from './walk.js';

const captures = new WeakMap<Graph, readonly string[]>();

/** Returns the names that an inner graph (of If, Loop, Scan) captures from the graphs around it. */
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

/** Returns every name that a node reads: its inputs, and the names that its inner graphs capture. */
export function usesOf(node: Node): readonly string[] {
  const inner = graphsOf(node);
  const inputs = node.inputs.includes('') ? node.inputs.filter((name) => name !== '') : node.inputs;
  return inner.length === 0 ? inputs : [...inputs, ...inner.flatMap(capturesOf)];
}

/** Counts the uses of each value: by nodes, as an output of the graph, and once for each of `kept`, which other code reads. */
export function useCounts(
  { nodes, outputs }: Graph,
  kept: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const uses = [...nodes.flatMap(usesOf), ...outputs.map(({ name }) => name), ...kept];
  for (const name of uses) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

/** Describes a node for messages: its operator, and its name or first output. */
export function describe({ op, domain, name, outputs }: Node): string {
  const label = name === '' ? `with output "${outputs[0] ?? ''}"` : `"${name}"`;
  return `${domain === '' ? '' : `${domain}:`}${op} node ${label}`;
}

/** Renames the values that a node reads, as inputs and through its inner graphs. Returns the node itself where no name changes. */
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
    ...(graph.untyped && { untyped: new Set([...graph.untyped].map(inner)) }),
    nodes: graph.nodes.map((node) => substitute(node, inner)),
    outputs: graph.outputs.map((output) => ({ ...output, name: inner(output.name) })),
  };
}
