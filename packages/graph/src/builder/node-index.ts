import type { Node } from '../ir/types.js';

/** What nodes are found by: the entries of one node, put in and taken out. */
export interface Entries<V> {
  add(found: Map<string, V>, node: Node): void;
  remove(found: Map<string, V>, node: Node): void;
}

/** Finds something in a list of nodes that grows. */
export interface NodeIndex<V> {
  get(key: string): V | undefined;
  /** The only entry of the node that is now the last. */
  put(key: string, value: V): void;
  /** A node of the list has given way to another. */
  replace(at: number, before: Node, after: Node): void;
}

/** An index that reads the list when it is asked: most rewrites ask nothing. */
export function nodeIndex<V>(nodes: readonly Node[], { add, remove }: Entries<V>): NodeIndex<V> {
  const found = new Map<string, V>();
  let read = 0;
  return {
    get(key) {
      for (; read < nodes.length; read++) add(found, nodes[read]);
      return found.get(key);
    },
    put(key, value) {
      if (read < nodes.length - 1) return;
      found.set(key, value);
      read = nodes.length;
    },
    replace(at, before, after) {
      if (at >= read) return;
      remove(found, before);
      add(found, after);
    },
  };
}
