import { attr } from '../builder/builder.js';
import { infer } from '../infer/infer.js';
import type { Graph, Node } from '../ir/types.js';

/** Names of the graph's attention maps: softmax over the last axis of [N, heads, T, T] that is multiplied by values. */
export function attentionMaps(graph: Graph): readonly string[] {
  const types = infer(graph);
  const multiplied = new Set(graph.nodes.flatMap(({ op, inputs }) => (op === 'MatMul' ? [inputs[0]] : [])));
  const isMap = ({ op, outputs: [name], attributes }: Node): boolean => {
    const dims = types.get(name)?.dims;
    const { axis = attr.int(-1) } = attributes;
    const last = axis.value === -1 || axis.value === 3;
    return op === 'Softmax' && last && dims?.length === 4 && dims[2] === dims[3] && multiplied.has(name);
  };
  return graph.nodes.filter(isMap).map(({ outputs: [name] }) => name);
}
