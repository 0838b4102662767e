import type { Attribute, Graph, LocalFunction, Node } from './types.js';

const none: readonly Graph[] = [];

/** Returns the inner graphs of a node: the bodies of If, Loop and Scan. */
export function graphsOf(node: Node): readonly Graph[] {
  let graphs: Graph[] | undefined;
  for (const attribute of Object.values<Attribute>(node.attributes)) {
    if (attribute.kind !== 'graph') continue;
    graphs ??= [];
    graphs.push(attribute.value);
  }
  return graphs ?? none;
}

/** Returns the node that produces each value, by the name of the value. */
export const producersOf = (nodes: readonly Node[]): ReadonlyMap<string, Node> =>
  new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));

/** The type of a node's operator: "domain:Op", ":Op" for the standard domain. */
export const typeOfNode = ({ domain, op }: Pick<Node, 'domain' | 'op'>): string => `${domain}:${op}`;

/** Returns the local functions of a graph by the operator type that calls them. */
export const functionsByType = ({
  functions,
}: Pick<Graph, 'functions'>): ReadonlyMap<string, LocalFunction> =>
  new Map(functions.map((local) => [typeOfNode({ domain: local.domain, op: local.name }), local]));

/** Lists nodes, each followed by the nodes of its inner graphs. */
export const nodesWithin = (nodes: readonly Node[]): readonly Node[] =>
  nodes.flatMap((node) => [node, ...graphsOf(node).flatMap((graph) => nodesWithin(graph.nodes))]);

/** A node and the graph that holds it. */
export interface NodeInGraph {
  readonly node: Node;
  readonly graph: Graph;
}

/** Lists the nodes of {@link nodesWithin}, each with the graph that holds it. */
export const nodesInGraphs = (graph: Graph): readonly NodeInGraph[] =>
  graph.nodes.flatMap((node) => [{ node, graph }, ...graphsOf(node).flatMap(nodesInGraphs)]);

/** Returns a node with each of its inner graphs changed; the node itself where no inner graph changes. */
export function mapGraphs(node: Node, change: (graph: Graph) => Graph): Node {
  const inner = graphsOf(node);
  if (inner.length === 0) return node;
  const changed = inner.map(change);
  if (changed.every((graph, i) => graph === inner[i])) return node;
  let at = 0;
  const attributes = Object.entries(node.attributes).map(([name, attribute]): [string, Attribute] =>
    attribute.kind === 'graph' ? [name, { kind: 'graph', value: changed[at++] }] : [name, attribute],
  );
  return { ...node, attributes: Object.fromEntries(attributes) };
}
