import { attr } from '../builder/builder.js';
import { attributesOf } from '../ir/attributes.js';
import type { Graph } from '../ir/types.js';
import { type NodeRule, rewriteOps } from '../rewrite/rewrite.js';

/**
 * Rewrites a Concat whose first inputs are those of an earlier Concat to read that one's result. In networks where each layer reads all
 * layers before it (DenseNet), the number of inputs then grows linearly with the depth instead of quadratically, in the gradient too.
 */
export function nestConcats(graph: Graph): Graph {
  const concats = new Map<string, string>();
  const key = (axis: number, inputs: readonly string[]) => JSON.stringify([axis, inputs]);
  const nest: NodeRule = (node, b) => {
    const { axis } = attributesOf(node, 'Concat');
    const [name = ''] = node.outputs;
    const lengths = Array.from(
      { length: Math.max(0, node.inputs.length - 2) },
      (_, i) => node.inputs.length - 1 - i,
    );
    const shared = lengths.find((length) => concats.has(key(axis, node.inputs.slice(0, length))));
    concats.set(key(axis, node.inputs), name);
    if (shared === undefined) return undefined;
    const prefix = concats.get(key(axis, node.inputs.slice(0, shared))) ?? '';
    return [b.emit('Concat', [prefix, ...node.inputs.slice(shared)], { axis: attr.int(axis) })];
  };
  return rewriteOps(graph, { Concat: nest });
}
