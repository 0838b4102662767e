import { create, toBinary } from '@bufbuild/protobuf';
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire';
import {
  AttributeProtoSchema,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf';
import { bytesOf, type Chunks, chunksOf, field, type Parts } from './chunks.js';
import type { InitialiserInit, ModelInit, NodeInit, TensorTypeInit, ValueInfoInit } from './proto.js';

const GRAPH = GraphProtoSchema.field;
const NODE = NodeProtoSchema.field;
const VALUE = ValueInfoProtoSchema.field;
const TENSOR = TypeProto_TensorSchema.field;
const DIM = TensorShapeProto_DimensionSchema.field;

/** Encodes a model; equal models give equal bytes. */
export const encode = (model: ModelInit): Uint8Array => bytesOf(encodeChunks(model));

/**
 * The same in chunks. Of what there is much of, nothing is made twice: the main graph's nodes and inner values are written without a
 * message of each, its weights are not copied.
 */
export function encodeChunks({ graph, ...header }: ModelInit): Chunks {
  const model = toBinary(ModelProtoSchema, create(ModelProtoSchema, header));
  if (graph === undefined) return chunksOf([model]);
  const { initializer = [], node = [], valueInfo = [], ...rest } = graph;
  const message = [
    toBinary(GraphProtoSchema, create(GraphProtoSchema, rest)),
    repeated(GRAPH.node, node, writeNode),
    repeated(GRAPH.valueInfo, valueInfo, writeValueInfo),
    ...initializer.flatMap((tensor) => field(GRAPH.initializer.number, encodeTensor(tensor))),
  ];
  return chunksOf([model, ...field(ModelProtoSchema.field.graph.number, message)]);
}

interface Field {
  readonly number: number;
}

function repeated<T>(
  number: Field,
  items: readonly T[],
  write: (to: BinaryWriter, item: T) => void,
): Uint8Array {
  const to = new BinaryWriter();
  for (const item of items) {
    open(to, number);
    write(to, item);
    to.join();
  }
  return to.finish();
}

function writeNode(to: BinaryWriter, node: NodeInit): void {
  const { input = [], output = [], name = '', opType = '', domain = '', attribute = [] } = node;
  for (const value of input) writeText(to, NODE.input, value);
  for (const value of output) writeText(to, NODE.output, value);
  if (name !== '') writeText(to, NODE.name, name);
  writeText(to, NODE.opType, opType);
  if (domain !== '') writeText(to, NODE.domain, domain);
  for (const each of attribute) {
    const bytes = toBinary(AttributeProtoSchema, create(AttributeProtoSchema, each));
    to.tag(NODE.attribute.number, WireType.LengthDelimited).bytes(bytes);
  }
}

function writeValueInfo(to: BinaryWriter, { name = '', type }: ValueInfoInit): void {
  writeText(to, VALUE.name, name);
  if (type?.value?.case === 'tensorType') writeTensorType(to, type.value.value);
}

function writeTensorType(to: BinaryWriter, { elemType = 0, shape }: TensorTypeInit): void {
  open(to, VALUE.type);
  open(to, TypeProtoSchema.field.tensorType);
  to.tag(TENSOR.elemType.number, WireType.Varint).int32(elemType);
  if (shape !== undefined) {
    open(to, TENSOR.shape);
    for (const { value } of shape.dim ?? []) {
      open(to, TensorShapeProtoSchema.field.dim);
      if (value?.case === 'dimValue') to.tag(DIM.dimValue.number, WireType.Varint).int64(value.value);
      if (value?.case === 'dimParam') writeText(to, DIM.dimParam, value.value);
      to.join();
    }
    to.join();
  }
  to.join().join();
}

function open(to: BinaryWriter, { number }: Field): void {
  to.tag(number, WireType.LengthDelimited).fork();
}

function writeText(to: BinaryWriter, { number }: Field, text: string): void {
  to.tag(number, WireType.LengthDelimited).string(text);
}

function encodeTensor({ rawData, ...rest }: InitialiserInit): Parts {
  const head = toBinary(TensorProtoSchema, create(TensorProtoSchema, rest));
  return rawData === undefined ? [head] : [head, ...field(TensorProtoSchema.field.rawData.number, [rawData])];
}
