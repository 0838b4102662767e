import { attr } from '../builder/builder.js';
import { attributesOf } from '../ir/attributes.js';
import type { Graph } from '../ir/types.js';
import { type NodeRule, rewriteOps } from '../rewrite/rewrite.js';

/**
 * A Concat that begins with what an earlier one joined begins with that one's result. Networks that join every layer to all before it
 * have a number of parts that grows with the square of their depth; so it grows with their depth, backward too.
 */
export function nestConcats(graph: Graph): Graph {
  const joined = new Map<string, string>();
  const key = (axis: number, parts: readonly string[]) => JSON.stringify([axis, parts]);
  const nested: NodeRule = (node, b) => {
    const axis = attributesOf(node).int('axis', 0);
    const [name = ''] = node.outputs;
    const lengths = Array.from(
      { length: Math.max(0, node.inputs.length - 2) },
      (_, i) => node.inputs.length - 1 - i,
    );
    const known = lengths.find((length) => joined.has(key(axis, node.inputs.slice(0, length))));
    joined.set(key(axis, node.inputs), name);
    if (known === undefined) return undefined;
    const beginning = joined.get(key(axis, node.inputs.slice(0, known))) ?? '';
    return [b.emit('Concat', [beginning, ...node.inputs.slice(known)], { axis: attr.int(axis) })];
  };
  return rewriteOps(graph, { Concat: nested });
}
