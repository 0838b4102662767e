import { create, toBinary } from '@bufbuild/protobuf';
import { codeOf } from '@onnxplain/core';
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
import type { Dims, ValueType } from '../ir/types.js';
import { bytesOf, type Chunks, chunksOf, field, type Parts } from './chunks.js';
import { type MessageWriter, messageWriter } from './message-writer.js';
import type { InitialiserInit, ModelInit, NodeInit } from './proto.js';

const GRAPH = GraphProtoSchema.field;
const NODE = NodeProtoSchema.field;
const VALUE = ValueInfoProtoSchema.field;
const TYPE = TypeProtoSchema.field;
const TENSOR = TypeProto_TensorSchema.field;
const SHAPE = TensorShapeProtoSchema.field;
const DIM = TensorShapeProto_DimensionSchema.field;

/** Encodes a model; equal models give equal bytes. */
export const encode = (model: ModelInit): Uint8Array => bytesOf(encodeChunks(model));

/**
 * Encodes a model in chunks. To save memory, the nodes and inner values of the main graph are written without message objects, and its
 * weights are not copied.
 */
export function encodeChunks({ graph, ...header }: ModelInit): Chunks {
  const model = toBinary(ModelProtoSchema, create(ModelProtoSchema, header));
  if (graph === undefined) return chunksOf([model]);
  const { initializer = [], node = [], declared = new Map(), ...rest } = graph;
  const message = [
    toBinary(GraphProtoSchema, create(GraphProtoSchema, rest)),
    repeated(GRAPH.node, node, writeNode),
    repeated(GRAPH.valueInfo, declared, writeValueInfo),
    ...initializer.flatMap((tensor) => field(GRAPH.initializer.number, encodeTensor(tensor))),
  ];
  return chunksOf([model, ...field(ModelProtoSchema.field.graph.number, message)]);
}

interface Field {
  readonly number: number;
}

function repeated<T>(
  { number }: Field,
  items: Iterable<T>,
  write: (to: MessageWriter, item: T) => void,
): Uint8Array {
  const to = messageWriter();
  for (const item of items) {
    to.open(number);
    write(to, item);
    to.close();
  }
  return to.bytesWritten();
}

function writeNode(to: MessageWriter, node: NodeInit): void {
  const { input = [], output = [], name = '', opType = '', domain = '', attribute = [] } = node;
  for (const value of input) to.text(NODE.input.number, value);
  for (const value of output) to.text(NODE.output.number, value);
  if (name !== '') to.text(NODE.name.number, name);
  to.text(NODE.opType.number, opType);
  if (domain !== '') to.text(NODE.domain.number, domain);
  for (const each of attribute)
    to.bytes(NODE.attribute.number, toBinary(AttributeProtoSchema, create(AttributeProtoSchema, each)));
}

function writeValueInfo(to: MessageWriter, [name, { dtype, dims }]: readonly [string, ValueType]): void {
  to.text(VALUE.name.number, name);
  to.open(VALUE.type.number);
  to.open(TYPE.tensorType.number);
  to.int(TENSOR.elemType.number, codeOf(dtype));
  if (dims !== undefined) writeDims(to, dims);
  to.close();
  to.close();
}

function writeDims(to: MessageWriter, dims: Dims): void {
  to.open(TENSOR.shape.number);
  for (const dim of dims) {
    to.open(SHAPE.dim.number);
    if (typeof dim === 'number') to.int(DIM.dimValue.number, dim);
    else to.text(DIM.dimParam.number, dim);
    to.close();
  }
  to.close();
}

function encodeTensor({ rawData, ...rest }: InitialiserInit): Parts {
  const head = toBinary(TensorProtoSchema, create(TensorProtoSchema, rest));
  return rawData === undefined ? [head] : [head, ...field(TensorProtoSchema.field.rawData.number, [rawData])];
}
