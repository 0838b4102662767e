import { isFloat, sizeOf } from '@onnxplain/core';
import type { Graph, Node } from '@onnxplain/graph';

/** Operators, operator set and number of parameters of a graph. */
export interface GraphStatistics {
  /** Version of the standard operator set. */
  readonly opset: number;
  /**
   * How many nodes of each operator, inner graphs and local functions included; "domain:Op" outside the
   * standard domain.
   */
  readonly ops: Readonly<Record<string, number>>;
  /** Numbers in floating point initialisers. */
  readonly parameters: number;
}

/** Counts the nodes of a graph by operator, and its parameters. */
export function graphStatistics(graph: Graph): GraphStatistics {
  const counts = new Map<string, number>();
  const nodes = [...graph.nodes, ...graph.functions.flatMap((local) => local.nodes)];
  for (const node of nodes.flatMap(withInnerNodes)) {
    const name = node.domain === '' ? node.op : `${node.domain}:${node.op}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const constants = [...graph.constants.values()].filter(({ dtype }) => isFloat(dtype));
  return {
    opset: graph.opsets[''] ?? 0,
    ops: Object.fromEntries([...counts].sort(([a], [b]) => (a < b ? -1 : 1))),
    parameters: constants.reduce((sum, { dims }) => sum + sizeOf(dims), 0),
  };
}

function withInnerNodes(node: Node): readonly Node[] {
  const inner = Object.values(node.attributes).flatMap((attribute) =>
    attribute.kind === 'graph' ? attribute.value.nodes.flatMap(withInnerNodes) : [],
  );
  return [node, ...inner];
}
