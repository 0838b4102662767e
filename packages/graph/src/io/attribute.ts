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

interface At {
  readonly where: string;
  readonly reading: ReadContext;
  readonly readGraph: ReadGraph;
}

/** A node's attribute; throws `model-unsupported` for kinds that no standard tensor operator has. */
export function readAttribute(proto: AttributeProto, at: At): Attribute {
  if (proto.refAttrName !== '') return { kind: 'reference', value: proto.refAttrName };
  const where = `${at.where}, attribute ${proto.name}`;
  const type = proto.type === AttributeType.UNDEFINED ? typeByContent(proto) : proto.type;
  const attribute = readers[type]?.(proto, { ...at, where });
  if (attribute !== undefined) return attribute;
  return fail({
    code: 'model-unsupported',
    where,
    expected: 'a number, numbers, text, texts, a tensor or a graph',
    got: AttributeType[type] ?? `attribute type ${type}`,
  });
}

type ReadKind = (proto: AttributeProto, at: At) => Attribute | undefined;

/** By type; nothing comes of an attribute without what its type says. */
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
  [AttributeType.TENSOR]: ({ t }, { where, reading }) =>
    t && { kind: 'tensor', value: readTensor(t, where, reading) },
  [AttributeType.SPARSE_TENSOR]: ({ sparseTensor }, { where, reading }) =>
    sparseTensor && { kind: 'tensor', value: readSparse(sparseTensor, where, reading) },
  [AttributeType.GRAPH]: ({ g }, { where, readGraph }) => g && { kind: 'graph', value: readGraph(g, where) },
};

/** Files of IR version 1 do not say which field is meant. */
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
 * Integers near ±2^63 mean "to the end" (Slice); they come out as ±2^63, which no tensor reaches. Others are exact or
 * refused.
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

/** An attribute of a file. */
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
