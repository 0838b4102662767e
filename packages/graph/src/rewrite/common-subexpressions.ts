import { keyOfConstant, keyOfNode } from '../ir/keys.js';
import { substitute } from '../ir/scope.js';
import type { Constant, Graph, Node } from '../ir/types.js';

/**
 * Eliminates common subexpressions: merges nodes that compute the same from the same inputs, and equal small constants. Only operators of
 * the canonical form are merged, except those that draw random numbers; foreign operators may have side effects. A node that produces an
 * output of the graph stays. One pass, in time linear in the size of the graph.
 */
export function eliminateCommonSubexpressions(graph: Graph): Graph {
  const alias = new Map<string, string>();
  const resolve = (name: string): string => alias.get(name) ?? name;
  const outputs = new Set(graph.outputs.map(({ name }) => name));
  const constants = mergeConstants(graph.constants, { alias, outputs });
  const first = new Map<string, readonly string[]>();
  const nodes: Node[] = [];
  for (const original of graph.nodes) {
    const node = substitute(original, resolve);
    const key = keyOfNode(node);
    const same = key === undefined ? undefined : first.get(key);
    if (same !== undefined && canReplace(node, same, outputs)) {
      node.outputs.forEach((name, i) => {
        alias.set(name, same[i]);
      });
      continue;
    }
    if (key !== undefined && same === undefined) first.set(key, node.outputs);
    nodes.push(node);
  }
  return { ...graph, constants, nodes };
}

/** Whether the first node has every output that the second has, and none of the second's is a graph output. */
function canReplace(node: Node, same: readonly string[], outputs: ReadonlySet<string>): boolean {
  return node.outputs.every((name, i) => name === '' || (same[i] !== '' && !outputs.has(name)));
}

interface Replacements {
  readonly alias: Map<string, string>;
  readonly outputs: ReadonlySet<string>;
}

function mergeConstants(constants: Graph['constants'], { alias, outputs }: Replacements): Graph['constants'] {
  const first = new Map<string, string>();
  const kept = new Map<string, Constant>();
  for (const [name, constant] of constants) {
    const key = keyOfConstant(constant);
    const same = key === undefined ? undefined : first.get(key);
    if (same !== undefined && !outputs.has(name)) {
      alias.set(name, same);
      continue;
    }
    if (key !== undefined && same === undefined) first.set(key, name);
    kept.set(name, constant);
  }
  return kept;
}
