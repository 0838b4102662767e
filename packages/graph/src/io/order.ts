import { fail } from '@onnxplain/core';
import { describe, usesOf } from '../ir/scope.js';
import type { Node } from '../ir/types.js';

/**
 * Nodes in topological order. Nodes already in order keep their places; otherwise each comes as early as the order of
 * the file allows. Names that no node makes come from outside. Throws `model-invalid` for a cycle.
 */
export function ordered(nodes: readonly Node[]): readonly Node[] {
  const maker = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const output of node.outputs) if (output !== '' && !maker.has(output)) maker.set(output, i);
  });
  const needs = nodes.map((node) => makersOf(node, maker));
  if (needs.every((before, i) => before.every((j) => j < i))) return nodes;
  return depthFirst(nodes, needs);
}

function makersOf(node: Node, maker: ReadonlyMap<string, number>): readonly number[] {
  const found = new Set<number>();
  for (const name of usesOf(node)) {
    const index = maker.get(name);
    if (index !== undefined) found.add(index);
  }
  return [...found];
}

/** Post-order walk with its own stack: chains are as long as the model is deep. */
function depthFirst(nodes: readonly Node[], needs: readonly (readonly number[])[]): readonly Node[] {
  const state = new Uint8Array(nodes.length); // 0 unseen, 1 open, 2 done
  const cursor = new Int32Array(nodes.length);
  const sorted: Node[] = [];
  for (let root = 0; root < nodes.length; root++) {
    const stack = state[root] === 0 ? [root] : [];
    while (stack.length > 0) {
      const at = stack[stack.length - 1];
      state[at] = 1;
      const next = needs[at][cursor[at]++];
      if (next === undefined) {
        state[at] = 2;
        sorted.push(nodes[at]);
        stack.pop();
      } else if (state[next] === 0) stack.push(next);
      else if (state[next] === 1) cycle(nodes[next]);
    }
  }
  return sorted;
}

function cycle(node: Node): never {
  return fail({
    code: 'model-invalid',
    where: describe(node),
    expected: 'inputs that do not depend on its own outputs',
    got: 'a cycle',
  });
}
