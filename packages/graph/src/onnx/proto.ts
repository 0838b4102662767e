/** The door to protobuf: the generated code of onnx.proto over @bufbuild/protobuf. */
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { fail } from '@onnxplain/core';
import {
  type GraphProto,
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from 'onnx-buf';
import { field, joined, type Pieces } from './assemble.js';
import type { Limits } from './limits.js';
import { scan } from './scan.js';

export type {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  OperatorSetIdProto,
  SparseTensorProto,
  TensorProto,
  TensorShapeProto_Dimension as DimensionProto,
  TypeProto,
  ValueInfoProto,
} from 'onnx-buf';
export {
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
} from 'onnx-buf';

/** Plain objects from which a message is made. */
export type TensorInit = Exclude<MessageInitShape<typeof TensorProtoSchema>, TensorProto>;
type GraphFields = Exclude<MessageInitShape<typeof GraphProtoSchema>, GraphProto>;
export interface GraphInit extends Omit<GraphFields, 'initializer'> {
  readonly initializer?: TensorInit[];
}
export type NodeInit = NonNullable<GraphInit['node']>[number];
export type ValueInfoInit = NonNullable<GraphInit['input']>[number];
export type AttributeInit = NonNullable<NodeInit['attribute']>[number];
type ModelFields = Exclude<MessageInitShape<typeof ModelProtoSchema>, ModelProto>;
export interface ModelInit extends Omit<ModelFields, 'graph'> {
  readonly graph?: GraphInit;
}
export type FunctionInit = NonNullable<ModelInit['functions']>[number];

/** Messages per nested graph: attribute, graph, node; and the few above and below. */
const messageDepth = (limits: Limits): number => 4 * limits.depth + 24;

/**
 * Decodes a model; `raw_data` are views of `bytes`, not copies. Unknown fields are dropped.
 * Throws `model-corrupt` or `model-limit`.
 */
export function decode(bytes: Uint8Array, limits: Limits): ModelProto {
  scan(bytes, ModelProtoSchema, limits);
  try {
    return fromBinary(ModelProtoSchema, bytes, {
      readUnknownFields: false,
      recursionLimit: messageDepth(limits),
    });
  } catch (cause) {
    return fail(
      {
        code: 'model-corrupt',
        where: 'model',
        expected: 'the records of an ONNX model',
        got: cause instanceof Error ? cause.message : String(cause),
        remedy: 'Fetch or export the file again.',
      },
      { cause },
    );
  }
}

/** Encodes a model; equal models give equal bytes. The main graph's weights are copied once, so they come last. */
export function encode({ graph, ...header }: ModelInit): Uint8Array {
  const model = toBinary(ModelProtoSchema, create(ModelProtoSchema, header));
  if (graph === undefined) return model;
  const { initializer = [], ...rest } = graph;
  const fields = GraphProtoSchema.field;
  const message = [
    toBinary(GraphProtoSchema, create(GraphProtoSchema, rest)),
    ...initializer.flatMap((tensor) => field(fields.initializer.number, encodeTensor(tensor))),
  ];
  return joined([model, ...field(ModelProtoSchema.field.graph.number, message)]);
}

function encodeTensor({ rawData, ...rest }: TensorInit): Pieces {
  const head = toBinary(TensorProtoSchema, create(TensorProtoSchema, rest));
  return rawData === undefined ? [head] : [head, ...field(TensorProtoSchema.field.rawData.number, [rawData])];
}
