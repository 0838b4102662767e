import { fail, own } from '@onnxplain/core';
import type { AttributeSchema, FlagReading } from '../ir/schema/attribute.js';
import { standardSchemas } from '../ir/schema/schemas.js';
import { describe } from '../ir/scope.js';
import type { Attribute, Attributes, Graph, Node } from '../ir/types.js';
import { mapGraphs } from '../ir/walk.js';

/** How ONNX Runtime reads the flags of standard operators, by name. */
export const FLAGS: Readonly<Record<string, FlagReading>> = Object.fromEntries(
  Object.values(standardSchemas).flatMap(({ attributes }) =>
    Object.entries<AttributeSchema>(attributes).flatMap(([name, { reading }]) =>
      reading === undefined ? [] : [[name, reading]],
    ),
  ),
);

/**
 * Replaces the flags of standard operators, in inner graphs too, by 0 or 1 as ONNX Runtime reads them, so that all later passes read them
 * the same way. Throws `model-invalid` for a number that ONNX Runtime refuses.
 */
export function normaliseFlags(graph: Graph): Graph {
  const nodes = graph.nodes.map(normaliseNode);
  return nodes.every((node, i) => node === graph.nodes[i]) ? graph : { ...graph, nodes };
}

function normaliseNode(outer: Node): Node {
  const node = mapGraphs(outer, normaliseFlags);
  const given = Object.entries(node.attributes);
  const found = given.map(([name, attribute]) => [name, normaliseAttribute(node, name, attribute)] as const);
  if (found.every(([, attribute], i) => attribute === given[i][1])) return node;
  return { ...node, attributes: Object.fromEntries(found) satisfies Attributes };
}

function normaliseAttribute(node: Node, name: string, attribute: Attribute): Attribute {
  const reading = node.domain === '' && Object.hasOwn(FLAGS, name) ? own(FLAGS, name) : undefined;
  if (reading === undefined || attribute.kind !== 'int' || attribute.value === 0 || attribute.value === 1)
    return attribute;
  if (reading === 'strict') return refuse(node, name, attribute.value);
  return { kind: 'int', value: reading === 'nonzero' ? 1 : 0 };
}

function refuse(node: Node, name: string, value: number): never {
  return fail({
    code: 'model-invalid',
    where: `attribute "${name}" of ${describe(node)}`,
    expected: '0 or 1',
    got: `${value}`,
    remedy: 'ONNX Runtime refuses it too: export the model again.',
  });
}
