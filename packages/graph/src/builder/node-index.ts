import type { Node } from '../ir/types.js';

/** How the entries of one node are added to an index and removed from it. */
export interface Entries<V> {
  add(found: Map<string, V>, node: Node): void;
  remove(found: Map<string, V>, node: Node): void;
}

/** An index of a growing list of nodes. */
export interface NodeIndex<V> {
  get(key: string): V | undefined;
  /** Adds the only entry of the last node. */
  put(key: string, value: V): void;
  /** Updates the entries after a node of the list was replaced. */
  replace(at: number, before: Node, after: Node): void;
}

/** Returns an index that reads the list at the first `get`, because most rewrites need none. */
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
