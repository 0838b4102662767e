/** The messages of onnx.proto, and the decoder of a file. */
import { fromBinary, type MessageInitShape } from '@bufbuild/protobuf';
import { fail } from '@onnxplain/core';
import {
  type GraphProto,
  type GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  type NodeProto,
  type TensorProto,
  type TensorProtoSchema,
} from 'onnx-buf';
import type { ValueType } from '../ir/types.js';
import type { LazyBytes } from './chunks.js';
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

/** Plain objects from which messages are created. */
export type TensorInit = Exclude<MessageInitShape<typeof TensorProtoSchema>, TensorProto>;
type GraphFields = Exclude<MessageInitShape<typeof GraphProtoSchema>, GraphProto>;
type NodeFields = Exclude<NonNullable<GraphFields['node']>[number], NodeProto>;
export type NodeInit = Pick<NodeFields, 'opType' | 'domain' | 'name' | 'input' | 'output' | 'attribute'>;
export type ValueInfoInit = NonNullable<GraphFields['valueInfo']>[number];
/** A tensor of the main graph, whose raw data may be computed when it is written. */
export type InitialiserInit = Omit<TensorInit, 'rawData'> & { readonly rawData?: Uint8Array | LazyBytes };
export type AttributeProtoInit = NonNullable<NodeInit['attribute']>[number];
export interface InnerGraphInit extends Omit<GraphFields, 'initializer' | 'node'> {
  readonly initializer?: TensorInit[];
  readonly node?: NodeInit[];
}
export interface GraphInit extends Omit<InnerGraphInit, 'initializer'> {
  readonly initializer?: readonly InitialiserInit[];
  /** Further entries of `valueInfo`. */
  readonly declared?: ReadonlyMap<string, ValueType>;
}
type ModelFields = Exclude<MessageInitShape<typeof ModelProtoSchema>, ModelProto>;
export interface ModelInit extends Omit<ModelFields, 'graph'> {
  readonly graph?: GraphInit;
}
export type FunctionInit = NonNullable<ModelInit['functions']>[number];

/** Depth of nested messages: up to four for each nested graph (attribute, graph, node), and some above and below. */
const messageDepth = (limits: Limits): number => 4 * limits.depth + 24;

/**
 * Decodes a model. `raw_data` fields are views of `bytes`, not copies. Unknown fields are dropped. Throws `model-corrupt` or
 * `model-limit`.
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
