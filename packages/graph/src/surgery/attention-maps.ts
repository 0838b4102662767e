import { attr } from '../builder/builder.js';
import { infer } from '../infer/infer.js';
import type { Graph, Node } from '../ir/types.js';

/** Returns the names of the attention maps of a graph: outputs [N, heads, T, T] of a Softmax over the last axis that a MatMul reads. */
export function attentionMaps(graph: Graph): readonly string[] {
  const types = infer(graph);
  const matMulOperands = new Set(
    graph.nodes.flatMap(({ op, inputs }) => (op === 'MatMul' ? [inputs[0]] : [])),
  );
  const isMap = ({ op, outputs: [name], attributes }: Node): boolean => {
    const dims = types.get(name)?.dims;
    const { axis = attr.int(-1) } = attributes;
    const last = axis.value === -1 || axis.value === 3;
    return op === 'Softmax' && last && dims?.length === 4 && dims[2] === dims[3] && matMulOperands.has(name);
  };
  return graph.nodes.filter(isMap).map(({ outputs: [name] }) => name);
}
