import type { ConstantData, DataType } from './types.js';

type Bytes = Uint8Array;
type Numeric = Exclude<ConstantData, readonly string[]>;

/** The typed lists of a tensor in a file. Each dtype uses one of them, where the elements are not in `raw_data`. */
export interface TypedLists {
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly bigint[];
  readonly doubleData: readonly number[];
  readonly uint64Data: readonly bigint[];
}

/** How the elements of a dtype are stored in a file. */
export interface Element {
  /** TensorProto.DataType. */
  readonly code: number;
  /** Bytes of one element in `raw_data`. */
  readonly bytes: number;
  /** Elements from aligned little-endian bytes, without a copy. */
  readonly view: (bytes: Bytes) => Numeric;
  /** Elements from the typed list of the tensor that the dtype uses. */
  readonly list: (tensor: TypedLists) => Numeric;
  /** Typed array that holds the elements in memory. */
  readonly array: { new (length: number): Numeric };
}

type Factory<T extends Numeric> = {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): T;
  new (buffer: ArrayBufferLike, offset: number, length: number): T;
};

function element<T extends Numeric>(code: number, array: Factory<T>, list: Element['list']): Element {
  const bytes = array.BYTES_PER_ELEMENT;
  return {
    code,
    bytes,
    list,
    array,
    view: (raw) => new array(raw.buffer, raw.byteOffset, raw.byteLength / bytes),
  };
}

/** Element storage by dtype, except strings. */
export const elements: Readonly<Record<Exclude<DataType, 'string'>, Element>> = {
  float32: element(1, Float32Array, (t) => new Float32Array(t.floatData)),
  uint8: element(2, Uint8Array, (t) => new Uint8Array(t.int32Data)),
  int8: element(3, Int8Array, (t) => new Int8Array(t.int32Data)),
  uint16: element(4, Uint16Array, (t) => new Uint16Array(t.int32Data)),
  int16: element(5, Int16Array, (t) => new Int16Array(t.int32Data)),
  int32: element(6, Int32Array, (t) => new Int32Array(t.int32Data)),
  int64: element(7, BigInt64Array, (t) => new BigInt64Array(t.int64Data)),
  bool: element(9, Uint8Array, (t) => Uint8Array.from(t.int32Data, (v) => (v === 0 ? 0 : 1))),
  float16: element(10, Uint16Array, (t) => new Uint16Array(t.int32Data)),
  float64: element(11, Float64Array, (t) => new Float64Array(t.doubleData)),
  uint32: element(12, Uint32Array, (t) => Uint32Array.from(t.uint64Data, Number)),
  uint64: element(13, BigUint64Array, (t) => new BigUint64Array(t.uint64Data)),
  bfloat16: element(16, Uint16Array, (t) => new Uint16Array(t.int32Data)),
};

const STRING = 8;

/** TensorProto.DataType of a dtype. */
export const codeOf = (dtype: DataType): number => (dtype === 'string' ? STRING : elements[dtype].code);

const byCode: ReadonlyMap<number, DataType> = new Map<number, DataType>([
  [STRING, 'string'],
  ...Object.entries(elements).map(([name, { code }]) => [code, name as DataType] as const),
]);

/** dtype of a TensorProto.DataType; undefined for those that a graph cannot hold (complex, float8, 4 bits ...). */
export const dtypeOf = (code: number): DataType | undefined => byCode.get(code);
