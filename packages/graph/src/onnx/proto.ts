/** The door to protobuf: the generated code of onnx.proto over @bufbuild/protobuf. */
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { fail } from '@onnxplain/core';
import { type GraphProto, type ModelProto, ModelProtoSchema } from 'onnx-buf';
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
export type ModelInit = Exclude<MessageInitShape<typeof ModelProtoSchema>, ModelProto>;
export type GraphInit = Exclude<NonNullable<ModelInit['graph']>, GraphProto>;
export type NodeInit = NonNullable<GraphInit['node']>[number];
export type TensorInit = NonNullable<GraphInit['initializer']>[number];
export type ValueInfoInit = NonNullable<GraphInit['input']>[number];
export type AttributeInit = NonNullable<NodeInit['attribute']>[number];
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

/** Encodes a model; equal models give equal bytes. */
export function encode(model: ModelInit): Uint8Array {
  return toBinary(ModelProtoSchema, create(ModelProtoSchema, model));
}
