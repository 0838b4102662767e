import { fail } from '@onnxplain/core';
import type { Attribute, Graph } from '../ir/types.js';
import type { ReadContext } from './context.js';
import {
  type AttributeProto,
  type AttributeProtoInit,
  AttributeType,
  type GraphProto,
  type InnerGraphInit,
} from './proto.js';
import { readSparse, readTensor, writeTensor } from './tensor.js';
import { decodeText } from './text.js';

/** Reads the graph of an attribute. */
export type ReadGraph = (graph: GraphProto, where: string) => Graph;

interface AttributeScope {
  /** The node, for messages. */
  readonly where: string;
  readonly context: ReadContext;
  readonly readGraph: ReadGraph;
}

/** Reads an attribute of a node. Throws `model-unsupported` for kinds that no standard tensor operator has. */
export function readAttribute(proto: AttributeProto, scope: AttributeScope): Attribute {
  if (proto.refAttrName !== '') return { kind: 'reference', value: proto.refAttrName };
  const where = `${scope.where}, attribute ${proto.name}`;
  const type = proto.type === AttributeType.UNDEFINED ? typeByContent(proto) : proto.type;
  const attribute = readers[type]?.(proto, { ...scope, where });
  if (attribute !== undefined) return attribute;
  return fail({
    code: 'model-unsupported',
    where,
    expected: 'a number, a string, a list of either, a tensor or a graph',
    got: AttributeType[type] ?? `attribute type ${type}`,
  });
}

type ReadKind = (proto: AttributeProto, scope: AttributeScope) => Attribute | undefined;

/** Readers by type. They return undefined where the field of the type is missing. */
const readers: Readonly<Partial<Record<AttributeType, ReadKind>>> = {
  [AttributeType.INT]: ({ i }, { where }) => ({ kind: 'int', value: readInteger(i, where) }),
  [AttributeType.INTS]: ({ ints }, { where }) => ({
    kind: 'ints',
    value: ints.map((v) => readInteger(v, where)),
  }),
  [AttributeType.FLOAT]: ({ f }) => ({ kind: 'float', value: f }),
  [AttributeType.FLOATS]: ({ floats }) => ({ kind: 'floats', value: floats }),
  [AttributeType.STRING]: ({ s }, { where }) => ({ kind: 'string', value: decodeText(s, where) }),
  [AttributeType.STRINGS]: ({ strings }, { where }) => ({
    kind: 'strings',
    value: strings.map((v) => decodeText(v, where)),
  }),
  [AttributeType.TENSOR]: ({ t }, { where, context }) =>
    t && { kind: 'tensor', value: readTensor(t, where, context) },
  [AttributeType.SPARSE_TENSOR]: ({ sparseTensor }, { where, context }) =>
    sparseTensor && { kind: 'tensor', value: readSparse(sparseTensor, where, context) },
  [AttributeType.GRAPH]: ({ g }, { where, readGraph }) => g && { kind: 'graph', value: readGraph(g, where) },
};

/** Finds the type by the field that is set: files of IR version 1 have no type. */
function typeByContent(proto: AttributeProto): AttributeType {
  if (proto.t !== undefined) return AttributeType.TENSOR;
  if (proto.g !== undefined) return AttributeType.GRAPH;
  if (proto.sparseTensor !== undefined) return AttributeType.SPARSE_TENSOR;
  if (proto.ints.length > 0) return AttributeType.INTS;
  if (proto.floats.length > 0) return AttributeType.FLOATS;
  if (proto.strings.length > 0) return AttributeType.STRINGS;
  if (proto.s.length > 0) return AttributeType.STRING;
  if (proto.f !== 0) return AttributeType.FLOAT;
  return AttributeType.INT;
}

/**
 * Converts an integer exactly, or refuses it. Integers near ±2^63 mean "to the end" in Slice; they become ±2^63, which is beyond the size
 * of every tensor.
 */
function readInteger(value: bigint, where: string): number {
  const number = Number(value);
  if (Number.isSafeInteger(number) || Math.abs(number) === 2 ** 63) return number;
  return fail({
    code: 'model-unsupported',
    where,
    expected: 'an integer below 2^53 or the largest one',
    got: String(value),
  });
}

const MAX_INT64 = 2n ** 63n - 1n;

function writeInteger(value: number): bigint {
  const integer = BigInt(value);
  return integer > MAX_INT64 ? MAX_INT64 : integer;
}

const encoder = new TextEncoder();

/** Converts an attribute to its message. */
export function writeAttribute(
  name: string,
  attribute: Attribute,
  writeGraph: (graph: Graph) => InnerGraphInit,
): AttributeProtoInit {
  switch (attribute.kind) {
    case 'int':
      return { name, type: AttributeType.INT, i: writeInteger(attribute.value) };
    case 'ints':
      return { name, type: AttributeType.INTS, ints: attribute.value.map(writeInteger) };
    case 'float':
      return { name, type: AttributeType.FLOAT, f: attribute.value };
    case 'floats':
      return { name, type: AttributeType.FLOATS, floats: [...attribute.value] };
    case 'string':
      return { name, type: AttributeType.STRING, s: encoder.encode(attribute.value) };
    case 'strings':
      return { name, type: AttributeType.STRINGS, strings: attribute.value.map((v) => encoder.encode(v)) };
    case 'tensor':
      return { name, type: AttributeType.TENSOR, t: writeTensor('', attribute.value) };
    case 'graph':
      return { name, type: AttributeType.GRAPH, g: writeGraph(attribute.value) };
    case 'reference':
      return { name, refAttrName: attribute.value };
  }
}
