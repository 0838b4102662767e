import { dtypeInfo } from '@onnxplain/core';
import { type Graph, infer, type Node, type ValueType, weightBytes, workOf } from '@onnxplain/graph';

/** Assumed size of a string in bytes. */
const STRING_BYTES = 32;

/** Replaces symbols in the dims of a graph by sizes. */
export function bindDims(graph: Graph, sizes: ReadonlyMap<string, number>): Graph {
  const bind = <T extends ValueType>(type: T): T => ({
    ...type,
    dims: type.dims?.map((dim) => (typeof dim === 'string' ? (sizes.get(dim) ?? dim) : dim)),
  });
  return {
    ...graph,
    inputs: graph.inputs.map(bind),
    outputs: graph.outputs.map(bind),
    declared: new Map([...graph.declared].map(([name, type]) => [name, bind(type)])),
    ...(graph.observed && {
      observed: new Map([...graph.observed].map(([name, type]) => [name, bind(type)])),
    }),
  };
}

/** What a run costs for each of its rows. */
export interface RowCost {
  /** Bytes of activations. */
  readonly bytes: number;
  /** Work that threads can share, in the unit of `workOf`. */
  readonly work: number;
  /** Bytes of weights, for all rows together. */
  readonly weights: number;
}

/** Costs by graph. A graph is immutable. */
const costs = new WeakMap<Graph, RowCost>();

/** Estimates what a graph costs when it runs one row. The result is cached by graph. */
export function rowCost(graph: Graph): RowCost {
  const known = costs.get(graph);
  if (known !== undefined) return known;
  const cost = costOf(graph);
  costs.set(graph, cost);
  return cost;
}

function costOf(graph: Graph): RowCost {
  const symbols = graph.inputs.flatMap(({ dims = [] }) => dims.filter((dim) => typeof dim === 'string'));
  const one = bindDims({ ...graph, declared: new Map() }, new Map(symbols.map((symbol) => [symbol, 1])));
  return { bytes: peakBytes(one, infer(one)), work: workOf(one), weights: weightBytes(graph) };
}

/**
 * Estimates the most bytes that values take at the same time. A value lives from the node that makes it to the last node that reads it.
 * Workspace inside operators is not counted; an unknown size counts as 1.
 */
function peakBytes(graph: Graph, types: ReadonlyMap<string, ValueType>): number {
  const size = (name: string) => (graph.constants.has(name) ? 0 : sizeInBytes(types.get(name)));
  const lastUse = new Map<string, number>();
  graph.nodes.forEach((node, at) => {
    for (const name of namesReadBy(node)) lastUse.set(name, at);
  });
  for (const { name } of graph.outputs) lastUse.set(name, graph.nodes.length);
  let alive = graph.inputs.reduce((sum, { name }) => sum + size(name), 0);
  let most = alive;
  graph.nodes.forEach((node, at) => {
    for (const name of node.outputs) alive += size(name);
    most = Math.max(most, alive);
    for (const name of new Set([...namesReadBy(node), ...node.outputs])) {
      if ((lastUse.get(name) ?? at) === at) alive -= size(name);
    }
  });
  return most;
}

function sizeInBytes(type: ValueType | undefined): number {
  if (type === undefined) return 0;
  const elements = (type.dims ?? []).reduce<number>((n, dim) => n * (typeof dim === 'number' ? dim : 1), 1);
  return elements * (dtypeInfo(type.dtype)?.bytes ?? STRING_BYTES);
}

/** Returns the inputs of a node and the outer names that its inner graphs read. */
function namesReadBy(node: Node): readonly string[] {
  const inner = Object.values(node.attributes).flatMap((attribute) =>
    attribute.kind === 'graph' ? attribute.value.nodes.flatMap(namesReadBy) : [],
  );
  return [...node.inputs, ...inner].filter((name) => name !== '');
}
