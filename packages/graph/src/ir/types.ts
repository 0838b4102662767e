import type { DataType, Dim, NumericData } from '@onnxplain/core';

export type { DataType, Dim } from '@onnxplain/core';

/** The sizes of all axes. Symbols derived from others are canonical expressions ("4*N", "N+1"), so equal texts mean equal sizes. */
export type Dims = readonly Dim[];

export type ConstantData = NumericData | readonly string[];

/**
 * A tensor known when the graph is made: an initialiser, a Constant's value, a tensor attribute.
 * float16 and bfloat16 are kept as their bits in a Uint16Array, bool as a Uint8Array of 0 and 1.
 */
export interface Constant {
  readonly dtype: DataType;
  readonly dims: readonly number[];
  /** Large ones may be put together at every reading: read it once. */
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
  /** An attribute of a local function's caller (`ref_attr_name`); gone after functions are inlined. */
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

/** Type of a value; `dims` is undefined when not even the rank is known. */
export interface ValueType {
  readonly dtype: DataType;
  readonly dims: Dims | undefined;
}

/** A graph input or output. */
export interface Value extends ValueType {
  readonly name: string;
}

/** A model-local function (ONNX FunctionProto). */
export interface LocalFunction {
  readonly domain: string;
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Attribute names without default, and attributes with one. */
  readonly parameters: readonly string[];
  readonly defaults: Attributes;
  readonly opsets: Readonly<Record<string, number>>;
  readonly nodes: readonly Node[];
}

/**
 * An immutable ONNX model. Nodes are in topological order; every name is defined once, before use.
 * Initialisers that are also listed as inputs (IR 3) are constants here, not inputs.
 * The graph of an attribute (If, Loop, Scan) may use names of the graphs around it; its `opsets` are theirs.
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
  /** Types of values that a run showed (`withObserved`); believed where nothing follows from the nodes, which a declaration is not. */
  readonly observed?: ReadonlyMap<string, ValueType>;
}
