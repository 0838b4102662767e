import { fail } from '@onnxplain/core';
import { describe } from '../ir/scope.js';
import type { Attribute, Attributes, Graph, Node } from '../ir/types.js';
import { mapGraphs } from '../ir/walk.js';

/** How a runtime reads an integer attribute that stands for a boolean. */
export type FlagReading = 'one' | 'nonzero' | 'strict';

/**
 * How ONNX Runtime reads the flags of standard operators. 'one': 1 is true and every other number false. 'nonzero': 0 is false and
 * every other number true. 'strict': numbers other than 0 and 1 are an error. Found by running each operator with -1, 0, 1, 2, 3 and 256.
 */
export const FLAGS: Readonly<Record<string, FlagReading>> = {
  align_corners: 'nonzero', allowzero: 'one', antialias: 'nonzero', ceil_mode: 'one', center_point_box: 'strict',
  count_include_pad: 'nonzero', detect_negative: 'nonzero', detect_positive: 'nonzero', exclude_outside: 'nonzero',
  exclusive: 'strict', fmod: 'strict', input_forget: 'nonzero', inverse: 'nonzero', keepdims: 'one', largest: 'one',
  layout: 'nonzero', linear_before_reset: 'nonzero', noop_with_empty_axes: 'one', onesided: 'nonzero', periodic: 'nonzero',
  reverse: 'strict', select_last_index: 'nonzero', sorted: 'one', storage_order: 'strict', training_mode: 'nonzero',
  transA: 'nonzero', transB: 'nonzero', upper: 'nonzero',
}; // biome-ignore format: one list

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
  const reading = node.domain === '' && Object.hasOwn(FLAGS, name) ? FLAGS[name] : undefined;
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
