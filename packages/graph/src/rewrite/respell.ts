import type { GraphBuilder } from '../builder/build.js';
import type { AttributeInit } from '../builder/builder.js';
import type { Attributes, Node } from '../ir/types.js';

/**
 * How a node of the file is said in canonical form: the values that stand for its outputs, or undefined to keep it.
 * `from` is the version of the node's domain in the file.
 */
export type Respell = (node: Node, b: GraphBuilder, from: number) => readonly string[] | undefined;

/** Respellings by operator. */
export type Respellings = Readonly<Record<string, Respell>>;

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
export function below(version: number, respell: Respell): Respell {
  return (node, b, from) => (from < version ? respell(node, b, from) : undefined);
}

/** An input's name; '' when omitted. */
export const input = (node: Node, index: number): string => node.inputs[index] ?? '';

/** Inputs without omitted ones at the end. */
export function trimmed(list: readonly string[]): readonly string[] {
  let last = list.length;
  while (last > 0 && list[last - 1] === '') last--;
  return list.slice(0, last);
}
