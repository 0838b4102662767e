import type { GraphBuilder } from '../builder/build.js';
import type { AttributeInit } from '../builder/builder.js';
import type { Attributes, Node } from '../ir/types.js';

/**
 * Rewrites a node of one operator. Returns the values that replace the outputs, or undefined to keep the node. `from` is the opset of the
 * node's domain in the file.
 */
export type OpRewrite = (node: Node, b: GraphBuilder, from: number) => readonly string[] | undefined;

/** Rewrites by operator. */
export type OpRewrites = Readonly<Record<string, OpRewrite>>;

/** Appends a copy of a node with some fields changed; attributes set to undefined are removed. Returns the node's own output names. */
export function appendChanged(
  node: Node,
  b: GraphBuilder,
  fields: { op?: string; domain?: string; inputs?: readonly string[]; attributes?: AttributeInit },
): readonly string[] {
  const attributes: Attributes = Object.fromEntries(
    Object.entries({ ...node.attributes, ...fields.attributes }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
  b.append({ ...node, ...fields, attributes });
  return node.outputs;
}

/** Limits a rewrite to files of an opset below a version. */
export function below(version: number, rewrite: OpRewrite): OpRewrite {
  return (node, b, from) => (from < version ? rewrite(node, b, from) : undefined);
}

/** Returns the name of an input; '' where it is omitted. */
export const input = (node: Node, index: number): string => node.inputs[index] ?? '';

/** Returns inputs without the omitted ones at the end. */
export function trimmed(list: readonly string[]): readonly string[] {
  let last = list.length;
  while (last > 0 && list[last - 1] === '') last--;
  return list.slice(0, last);
}
