import { usesOf } from '../ir/scope.js';
import type { Graph } from '../ir/types.js';
import { prune } from '../rewrite/prune.js';
import { type NodeRule, rewriteOps } from '../rewrite/rewrite.js';

/**
 * Relu and the MaxPool that alone reads it exchange places: the largest of what a monotone function gives is what it gives of the
 * largest, and there are fewer of those. Derivatives stay too: a window whose maximum is not positive has none either way. Values in
 * `kept` and outputs stay where they are.
 */
export function poolFirst(graph: Graph, kept: ReadonlySet<string> = new Set()): Graph {
  let uses: ReadonlyMap<string, number> | undefined;
  const swapped: NodeRule = (node, b) => {
    const [rectified = ''] = node.inputs;
    const maker = b.makerOf(rectified);
    if (node.outputs.length > 1 || maker?.op !== 'Relu' || maker.domain !== '') return undefined;
    uses ??= usesIn(graph, kept);
    if (uses.get(rectified) !== 1) return undefined;
    const pooled = b.emit('MaxPool', maker.inputs, node.attributes);
    return [b.emit('Relu', [pooled])];
  };
  const moved = rewriteOps(graph, { MaxPool: swapped });
  return moved === graph ? graph : prune(moved);
}

function usesIn({ nodes, outputs }: Graph, kept: ReadonlySet<string>): ReadonlyMap<string, number> {
  const uses = new Map<string, number>();
  const names = [...nodes.flatMap(usesOf), ...outputs.map(({ name }) => name), ...kept];
  for (const name of names) uses.set(name, (uses.get(name) ?? 0) + 1);
  return uses;
}
