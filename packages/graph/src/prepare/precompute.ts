import { sizeOf } from '@onnxplain/core';
import { evaluateConstantNode } from '../canonical/fold/fold.js';
import type { Constant, Graph, Node, ValueType } from '../ir/types.js';
import { graphsOf } from '../ir/walk.js';

/** Inputs above this many elements are left to the runtime, which moves weights faster than the interpreter does. */
const LARGEST = 2 ** 17;

/**
 * The graph with constants in place of nodes that have no other inputs: a runtime would compute them whenever it opens the model. Large
 * ones are left to it. Outputs of the graph stay.
 */
export function precompute(graph: Graph, typeOf: (name: string) => ValueType | undefined): Graph {
  const constants = new Map(graph.constants);
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const opset = graph.opsets[''] ?? 0;
  const resultsOf = (node: Node): readonly Constant[] | undefined => {
    if (node.inputs.length === 0 || node.inputs.some((name) => name !== '' && !constants.has(name)))
      return undefined;
    if (graphsOf(node).length > 0 || node.outputs.some((name) => outputs.has(name))) return undefined;
    const inputs = node.inputs.map((name) => constants.get(name));
    if (inputs.some((value) => value !== undefined && sizeOf(value.dims) > LARGEST)) return undefined;
    return evaluateConstantNode(node, { inputs, outputs: node.outputs.map(typeOf), opset });
  };
  const nodes = graph.nodes.filter((node) => {
    const results = resultsOf(node);
    const made = node.outputs.filter((name) => name !== '');
    results?.forEach((value, i) => {
      constants.set(made[i], value);
    });
    return results === undefined;
  });
  return { ...graph, nodes, constants };
}
