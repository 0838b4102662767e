import { keyOfNode } from '../ir/keys.js';
import type { Node } from '../ir/types.js';
import { type Entries, nodeIndex } from './node-index.js';

/** The nodes of a builder. */
export interface NodeList {
  /** In order. */
  readonly all: readonly Node[];
  /** Adds a node at the end. `key` is its {@link keyOfNode}, where that is known. */
  append(node: Node, key?: string): void;
  /** Returns the node that makes a value. */
  makerOf(name: string): Node | undefined;
  /** Returns the outputs of the first node with a {@link keyOfNode}. */
  outputsOf(key: string): readonly string[] | undefined;
  /** Renames an output of a node at or after index `mark`. Returns false where there is no such output. */
  rename(from: string, to: string, mark: number): boolean;
}

export function nodeList(): NodeList {
  const all: Node[] = [];
  const makers = nodeIndex(all, byOutput);
  const shared = nodeIndex(all, byKey);
  return {
    all,
    append(node, key) {
      all.push(node);
      if (key !== undefined) shared.put(key, node.outputs);
    },
    makerOf: makers.get,
    outputsOf: shared.get,
    rename(from, to, mark) {
      let at = mark;
      while (at < all.length && !all[at].outputs.includes(from)) at++;
      if (at === all.length) return false;
      for (; at < all.length; at++) {
        const before = all[at];
        all[at] = renamed(before, from, to);
        for (const index of [makers, shared]) index.replace(at, before, all[at]);
      }
      return true;
    },
  };
}

const byOutput: Entries<Node> = {
  add(found, node) {
    for (const name of node.outputs) found.set(name, node);
  },
  remove(found, node) {
    for (const name of node.outputs) if (found.get(name) === node) found.delete(name);
  },
};

const byKey: Entries<readonly string[]> = {
  add(found, node) {
    const key = keyOfNode(node);
    if (key !== undefined && !found.has(key)) found.set(key, node.outputs);
  },
  remove(found, node) {
    const key = keyOfNode(node);
    if (key !== undefined && found.get(key) === node.outputs) found.delete(key);
  },
};

function renamed(node: Node, from: string, to: string): Node {
  const swap = (names: readonly string[]) => names.map((name) => (name === from ? to : name));
  return { ...node, inputs: swap(node.inputs), outputs: swap(node.outputs) };
}
