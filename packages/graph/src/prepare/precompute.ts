import { sizeOf } from '@onnxplain/core';
import { evaluateConstantNode } from '../canonical/fold/fold.js';
import type { Constant, Graph, Node, ValueType } from '../ir/types.js';
import { graphsOf } from '../ir/walk.js';

/** Nodes with a larger input are left to the runtime, which moves weights faster than the interpreter does. */
const LARGEST_INPUT = 2 ** 17;

/**
 * Replaces nodes whose inputs are all constants by their results, so that the runtime need not compute them when it opens the model. Nodes
 * with large inputs or results stay, and so do nodes that produce an output of the graph.
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
    if (inputs.some((value) => value !== undefined && sizeOf(value.dims) > LARGEST_INPUT)) return undefined;
    return evaluateConstantNode(node, { inputs, outputs: node.outputs.map(typeOf), opset });
  };
  const nodes = graph.nodes.filter((node) => {
    const results = resultsOf(node);
    const named = node.outputs.filter((name) => name !== '');
    results?.forEach((value, i) => {
      constants.set(named[i], value);
    });
    return results === undefined;
  });
  return { ...graph, nodes, constants };
}
