import { constantFrom } from '../ir/constant.js';
import { looseAttributesOf } from '../ir/loose-attributes.js';
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
  const a = looseAttributesOf(node);
  const has = (name: string) => name in node.attributes;
  if (has('value_float')) return constantFrom('float32', [], [a.float('value_float', 0)]);
  if (has('value_int')) return constantFrom('int64', [], [a.int('value_int', 0)]);
  if (has('value_string')) return { dtype: 'string', dims: [], data: [a.string('value_string', '')] };
  const floats = a.floats('value_floats');
  if (floats !== undefined) return constantFrom('float32', [floats.length], floats);
  const ints = a.ints('value_ints');
  if (ints !== undefined) return constantFrom('int64', [ints.length], ints);
  const strings = a.strings('value_strings');
  if (strings !== undefined) return { dtype: 'string', dims: [strings.length], data: strings };
  return a.tensor('value');
}
