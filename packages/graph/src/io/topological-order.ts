import { fail } from '@onnxplain/core';
import { describe, usesOf } from '../ir/scope.js';
import type { Node } from '../ir/types.js';

/**
 * Sorts nodes topologically. Nodes that are in order already are returned as they are; else the sort keeps the order of the file as far as
 * possible. Names that no node produces are inputs or outer values. Throws `model-invalid` for a cycle.
 */
export function topologicalOrder(nodes: readonly Node[]): readonly Node[] {
  const producers = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const output of node.outputs) {
      if (output !== '' && !producers.has(output)) producers.set(output, i);
    }
  });
  const dependencies = nodes.map((node) => dependenciesOf(node, producers));
  if (dependencies.every((before, i) => before.every((j) => j < i))) return nodes;
  return depthFirst(nodes, dependencies);
}

/** Returns the indices of the nodes whose outputs a node reads. */
function dependenciesOf(node: Node, producers: ReadonlyMap<string, number>): readonly number[] {
  const found = new Set<number>();
  for (const name of usesOf(node)) {
    const index = producers.get(name);
    if (index !== undefined) found.add(index);
  }
  return [...found];
}

/** Post-order walk with an explicit stack, because a chain of nodes may be longer than the call stack. */
function depthFirst(nodes: readonly Node[], dependencies: readonly (readonly number[])[]): readonly Node[] {
  const state = new Uint8Array(nodes.length); // 0 unseen, 1 open, 2 done
  const cursor = new Int32Array(nodes.length);
  const sorted: Node[] = [];
  for (let root = 0; root < nodes.length; root++) {
    const stack = state[root] === 0 ? [root] : [];
    while (stack.length > 0) {
      const at = stack[stack.length - 1];
      state[at] = 1;
      const next = dependencies[at][cursor[at]++];
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
