import { fail } from '@onnxplain/core';
import { describe } from './scope.js';
import type { Attribute, Constant, Graph, Node } from './types.js';

/**
 * A node's attributes by kind; an attribute of another kind is `model-invalid`. Passes that read operators and versions outside the
 * canonical form name the default at each reading; everything else reads by the schema (`attributes.ts`).
 */
export interface NodeAttributes {
  int(name: string, fallback: number): number;
  float(name: string, fallback: number): number;
  string(name: string, fallback: string): string;
  ints(name: string): readonly number[] | undefined;
  floats(name: string): readonly number[] | undefined;
  strings(name: string): readonly string[] | undefined;
  tensor(name: string): Constant | undefined;
  graph(name: string): Graph | undefined;
}

interface Values {
  int: number;
  float: number;
  string: string;
  ints: readonly number[];
  floats: readonly number[];
  strings: readonly string[];
  tensor: Constant;
  graph: Graph;
}

export function looseAttributesOf(node: Node): NodeAttributes {
  return {
    int: (name, fallback) => readAttribute(node, name, 'int') ?? fallback,
    float: (name, fallback) => readAttribute(node, name, 'float') ?? fallback,
    string: (name, fallback) => readAttribute(node, name, 'string') ?? fallback,
    ints: (name) => readAttribute(node, name, 'ints'),
    floats: (name) => readAttribute(node, name, 'floats'),
    strings: (name) => readAttribute(node, name, 'strings'),
    tensor: (name) => readAttribute(node, name, 'tensor'),
    graph: (name) => readAttribute(node, name, 'graph'),
  };
}

/** One attribute of a kind, if the node has it. */
export function readAttribute<K extends keyof Values>(
  node: Node,
  name: string,
  kind: K,
): Values[K] | undefined {
  const attribute = node.attributes[name];
  if (attribute === undefined || attribute.kind === kind) return attribute?.value as Values[K] | undefined;
  return (lenient(attribute, kind) ?? wrongKind(node, name, kind)) as Values[K];
}

/** Exporters write 1 for a float attribute, and an empty list has no kind of its own. */
function lenient({ kind, value }: Attribute, wanted: keyof Values): unknown {
  if (wanted === 'float' && kind === 'int') return value;
  return wanted.endsWith('s') && Array.isArray(value) && value.length === 0 ? value : undefined;
}

function wrongKind(node: Node, name: string, kind: string): never {
  const got = node.attributes[name]?.kind ?? 'none';
  return fail({
    code: 'model-invalid',
    where: `attribute "${name}" of ${describe(node)}`,
    expected: kind,
    got,
  });
}
