import { usesOf } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import { functionsByType, mapGraphs, nodesWithin, typeOfNode } from '../ir/walk.js';

/**
 * Removes dead nodes, constants, functions and declared types: those that no output depends on, in inner graphs too. Inputs stay even
 * where nothing reads them.
 */
export function prune(graph: Graph): Graph {
  const pruned = pruneNodes(graph);
  return { ...pruned, functions: liveFunctions(pruned) };
}

function pruneNodes(graph: Graph): Graph {
  const live = new Set(graph.outputs.map(({ name }) => name));
  const kept: Node[] = [];
  for (const original of graph.nodes.toReversed()) {
    if (!original.outputs.some((name) => live.has(name))) continue;
    const node = mapGraphs(original, pruneNodes);
    for (const name of usesOf(node)) live.add(name);
    for (const name of node.outputs) live.add(name);
    kept.push(node);
  }
  const isLive = ([name]: readonly [string, unknown]): boolean => live.has(name);
  return {
    ...graph,
    nodes: kept.reverse(),
    constants: new Map([...graph.constants].filter(isLive)),
    declared: new Map([...graph.declared].filter(isLive)),
  };
}

/** Returns the functions that nodes call directly or through other functions. */
function liveFunctions({ nodes, functions }: Graph): Graph['functions'] {
  if (functions.length === 0) return functions;
  const byType = functionsByType({ functions });
  const live = new Set<string>();
  const waiting = [nodes];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const node of nodesWithin(next)) {
      const type = typeOfNode(node);
      const local = byType.get(type);
      if (local !== undefined && !live.has(type)) {
        live.add(type);
        waiting.push(local.nodes);
      }
    }
  }
  return [...byType].flatMap(([type, local]) => (live.has(type) ? [local] : []));
}
