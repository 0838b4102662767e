import { attributesOf } from '../ir/attributes.js';
import { constantFrom } from '../ir/constant.js';
import type { Constant, Graph, Node } from '../ir/types.js';
import { mapGraphs } from '../ir/walk.js';

/** Replaces Constant nodes, in inner graphs too, by constants of the graph (initialisers), without copying their data. */
export function constantNodesToInitialisers(graph: Graph): Graph {
  const values = new Map(graph.constants);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    const value = node.op === 'Constant' && node.domain === '' ? tensorOf(node) : undefined;
    const [name = ''] = node.outputs;
    if (value === undefined || outputs.has(name)) nodes.push(mapGraphs(node, constantNodesToInitialisers));
    else values.set(name, value);
  }
  return { ...graph, constants: values, nodes };
}

/** Returns the tensor of a Constant node; undefined for a sparse one. */
export function tensorOf(node: Node): Constant | undefined {
  const a = attributesOf(node, 'Constant');
  if (a.value_float !== undefined) return constantFrom('float32', [], [a.value_float]);
  if (a.value_int !== undefined) return constantFrom('int64', [], [a.value_int]);
  if (a.value_string !== undefined) return { dtype: 'string', dims: [], data: [a.value_string] };
  const { value_floats: floats, value_ints: ints, value_strings: strings } = a;
  if (floats !== undefined) return constantFrom('float32', [floats.length], floats);
  if (ints !== undefined) return constantFrom('int64', [ints.length], ints);
  if (strings !== undefined) return { dtype: 'string', dims: [strings.length], data: strings };
  return a.value;
}
