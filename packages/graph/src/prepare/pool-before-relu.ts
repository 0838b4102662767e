import { useCounts } from '../ir/scope.js';
import type { Graph } from '../ir/types.js';
import { prune } from '../rewrite/prune.js';
import { type NodeRule, rewriteOps } from '../rewrite/rewrite.js';

/**
 * Moves MaxPool before the Relu that only it reads, so that Relu runs on fewer elements. Relu is monotone, so that the values do not
 * change. Nor do the derivatives: a window whose maximum is not positive has derivative 0 either way. Outputs of the graph and values in
 * `kept` are not moved.
 */
export function poolBeforeRelu(graph: Graph, kept: ReadonlySet<string> = new Set()): Graph {
  let uses: ReadonlyMap<string, number> | undefined;
  const swap: NodeRule = (node, b) => {
    const [rectified = ''] = node.inputs;
    const producer = b.makerOf(rectified);
    if (node.outputs.length > 1 || producer?.op !== 'Relu' || producer.domain !== '') return undefined;
    uses ??= useCounts(graph, kept);
    if (uses.get(rectified) !== 1) return undefined;
    const pooled = b.emit('MaxPool', producer.inputs, node.attributes);
    return [b.emit('Relu', [pooled])];
  };
  const moved = rewriteOps(graph, { MaxPool: swap });
  return moved === graph ? graph : prune(moved);
}
