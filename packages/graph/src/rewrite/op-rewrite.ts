import type { GraphBuilder } from '../builder/build.js';
import type { AttributeInit } from '../builder/builder.js';
import type { Attributes, Node } from '../ir/types.js';

/**
 * Writes a node of the file in canonical form. Returns the values that replace its outputs, or undefined to keep the node.
 * `from` is the version of the node's domain in the file.
 */
export type OpRewrite = (node: Node, b: GraphBuilder, from: number) => readonly string[] | undefined;

/** Rewrites by operator. */
export type OpRewrites = Readonly<Record<string, OpRewrite>>;

/** The node with some fields changed, under its own names. */
export function changed(
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

/** Only for files below a version. */
export function below(version: number, rewrite: OpRewrite): OpRewrite {
  return (node, b, from) => (from < version ? rewrite(node, b, from) : undefined);
}

/** An input's name; '' when omitted. */
export const input = (node: Node, index: number): string => node.inputs[index] ?? '';

/** Inputs without omitted ones at the end. */
export function trimmed(list: readonly string[]): readonly string[] {
  let last = list.length;
  while (last > 0 && list[last - 1] === '') last--;
  return list.slice(0, last);
}
