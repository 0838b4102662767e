import { usesOf } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import { mapGraphs, nodesWithin } from '../ir/walk.js';

/**
 * The graph without the nodes, constants, functions and declared types that no output needs; inner graphs too. Inputs
 * stay even when nothing reads them.
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

/** Functions that the nodes call, and those that these call. */
function liveFunctions({ nodes, functions }: Graph): Graph['functions'] {
  if (functions.length === 0) return functions;
  const byName = new Map(functions.map((local) => [`${local.domain}:${local.name}`, local]));
  const live = new Set<string>();
  const waiting = [nodes];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const node of nodesWithin(next)) {
      const name = `${node.domain}:${node.op}`;
      const local = byName.get(name);
      if (local !== undefined && !live.has(name)) {
        live.add(name);
        waiting.push(local.nodes);
      }
    }
  }
  return functions.filter(({ domain, name }) => live.has(`${domain}:${name}`));
}
