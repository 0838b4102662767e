import type { DataType, Dim, NumericData } from '@onnxplain/core';

export type { DataType, Dim } from '@onnxplain/core';

/** The sizes of all axes. A derived size is a canonical expression of symbols ("4*N", "N+1"), so that equal texts mean equal sizes. */
export type Dims = readonly Dim[];

export type ConstantData = NumericData | readonly string[];

/**
 * A tensor that is part of the graph: an initialiser, the value of a Constant node, or a tensor attribute. float16 and bfloat16 are stored
 * as bits in a Uint16Array, bool as 0 and 1 in a Uint8Array.
 */
export interface Constant {
  readonly dtype: DataType;
  readonly dims: readonly number[];
  /** A large constant may be computed at every read of this property: read it once. */
  readonly data: ConstantData;
}

export type Attribute =
  | { readonly kind: 'int'; readonly value: number }
  | { readonly kind: 'ints'; readonly value: readonly number[] }
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'floats'; readonly value: readonly number[] }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'tensor'; readonly value: Constant }
  | { readonly kind: 'graph'; readonly value: Graph }
  /** The attribute of this name of the call of a local function (`ref_attr_name`). Inlining replaces it. */
  | { readonly kind: 'reference'; readonly value: string };

export type Attributes = Readonly<Record<string, Attribute>>;

/** One operation. An omitted optional input or output is the empty string, as in ONNX. */
export interface Node {
  readonly op: string;
  /** '' is ai.onnx. */
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
}

/** The type of a value. `dims` is undefined where the rank is not known. */
export interface ValueType {
  readonly dtype: DataType;
  readonly dims: Dims | undefined;
}

/** An input or output of a graph. */
export interface Value extends ValueType {
  readonly name: string;
}

/** A model-local function (ONNX FunctionProto). */
export interface LocalFunction {
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Names of the attributes without a default. */
  readonly parameters: readonly string[];
  /** Attributes with a default. */
  readonly defaults: Attributes;
  readonly opsets: Readonly<Record<string, number>>;
  readonly nodes: readonly Node[];
}

/**
 * An immutable ONNX model. Nodes are in topological order, and every name is defined once, before its use. Initialisers that are also
 * listed as inputs (IR version 3) are constants, not inputs. An inner graph (of If, Loop, Scan) may use names of the graphs around it, and
 * has their opsets.
 */
export interface Graph {
  readonly name: string;
  /** Opset version by domain; '' is ai.onnx. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly constants: ReadonlyMap<string, Constant>;
  readonly nodes: readonly Node[];
  /** Model metadata (`metadata_props`). */
  readonly metadata: Readonly<Record<string, string>>;
  readonly functions: readonly LocalFunction[];
  /** Declared types of inner values (`value_info`), if the file has them. */
  readonly declared: ReadonlyMap<string, ValueType>;
  /** Types of values seen in a run (`withObserved`). Inference uses them, unlike declared types, where it finds nothing from the nodes. */
  readonly observed?: ReadonlyMap<string, ValueType>;
  /**
   * Outputs whose type the file does not declare, and inputs of inner graphs that have none or are no tensors. Their dtype is float32
   * here, without dims, until a rewrite infers it. Absent where all are declared.
   */
  readonly untyped?: ReadonlySet<string>;
}
