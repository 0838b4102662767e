import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './float16.js';

/** Typed arrays that hold elements in memory. */
export type NumericData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** Constructor of a typed array: zeros of a length, or a view of a buffer. */
export interface NumericDataConstructor {
  readonly name: string;
  new (length: number): NumericData;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): NumericData;
}

/** What one numeric element type is. */
export interface Dtype {
  /** Number of the type in ONNX files (TensorProto.DataType). */
  readonly code: number;
  readonly kind: 'float' | 'signed' | 'unsigned' | 'bool';
  /** Bytes of one element. */
  readonly bytes: number;
  /** Least and greatest finite value; of 64-bit integers the nearest doubles. */
  readonly range: readonly [low: number, high: number];
  /** Typed array of the elements. float16 and bfloat16 are kept as bits, bool as 0 and 1. */
  readonly array: NumericDataConstructor;
  /** Stores numbers that the type can hold; floats are rounded to nearest even. */
  readonly store: (numbers: Float64Array) => NumericData;
  /** Number of a stored element, where that is not the element itself. */
  readonly decode?: (stored: number) => number;
  /** Nearest number that a float type holds, ties to even; absent where every double is held, and for integers. */
  readonly round?: (value: number) => number;
}

const clamped64 = (high: bigint) => (value: number) => (value >= Number(high) ? high : BigInt(value));

const float32Max = (2 - 2 ** -23) * 2 ** 127;
const bfloat16Max = (2 - 2 ** -7) * 2 ** 127;

/** All numeric element types, one row each. */
export const dtypes = {
  float32: { code: 1, kind: 'float', bytes: 4, range: [-float32Max, float32Max], array: Float32Array,
    store: (x) => Float32Array.from(x), round: Math.fround },
  float64: { code: 11, kind: 'float', bytes: 8, range: [-Number.MAX_VALUE, Number.MAX_VALUE], array: Float64Array,
    store: (x) => Float64Array.from(x) },
  float16: { code: 10, kind: 'float', bytes: 2, range: [-65504, 65504], array: Uint16Array,
    store: (x) => Uint16Array.from(x, toFloat16), decode: fromFloat16, round: (v) => fromFloat16(toFloat16(v)) },
  bfloat16: { code: 16, kind: 'float', bytes: 2, range: [-bfloat16Max, bfloat16Max], array: Uint16Array,
    store: (x) => Uint16Array.from(x, toBfloat16), decode: fromBfloat16, round: (v) => fromBfloat16(toBfloat16(v)) },
  int8: { code: 3, kind: 'signed', bytes: 1, range: [-128, 127], array: Int8Array, store: (x) => Int8Array.from(x) },
  int16: { code: 5, kind: 'signed', bytes: 2, range: [-32768, 32767], array: Int16Array, store: (x) => Int16Array.from(x) },
  int32: { code: 6, kind: 'signed', bytes: 4, range: [-(2 ** 31), 2 ** 31 - 1], array: Int32Array, store: (x) => Int32Array.from(x) },
  int64: { code: 7, kind: 'signed', bytes: 8, range: [-(2 ** 63), 2 ** 63], array: BigInt64Array,
    store: (x) => BigInt64Array.from(x, clamped64(2n ** 63n - 1n)) },
  uint8: { code: 2, kind: 'unsigned', bytes: 1, range: [0, 255], array: Uint8Array, store: (x) => Uint8Array.from(x) },
  uint16: { code: 4, kind: 'unsigned', bytes: 2, range: [0, 65535], array: Uint16Array, store: (x) => Uint16Array.from(x) },
  uint32: { code: 12, kind: 'unsigned', bytes: 4, range: [0, 2 ** 32 - 1], array: Uint32Array, store: (x) => Uint32Array.from(x) },
  uint64: { code: 13, kind: 'unsigned', bytes: 8, range: [0, 2 ** 64], array: BigUint64Array,
    store: (x) => BigUint64Array.from(x, clamped64(2n ** 64n - 1n)) },
  bool: { code: 9, kind: 'bool', bytes: 1, range: [0, 1], array: Uint8Array, store: (x) => Uint8Array.from(x) },
} as const satisfies Readonly<Record<string, Dtype>>; // biome-ignore format: one row for each type

/** Numeric element types. */
export type NumericType = keyof typeof dtypes;

/** Element types that a tensor of a model may have, as ONNX Runtime names them. */
export type DataType = NumericType | 'string';

/** Names of all element types. */
export const dataTypes: readonly DataType[] = [...(Object.keys(dtypes) as NumericType[]), 'string'];

const STRING = 8;

/** Row of a type of the table; undefined for strings. */
export const dtypeInfo = (dtype: DataType): Dtype | undefined =>
  dtype === 'string' ? undefined : dtypes[dtype];

/** Number of a type in ONNX files (TensorProto.DataType). */
export const codeOf = (dtype: DataType): number => dtypeInfo(dtype)?.code ?? STRING;

const byCode: ReadonlyMap<number, DataType> = new Map(dataTypes.map((dtype) => [codeOf(dtype), dtype]));

/** Type of an ONNX number; undefined for those that the library does not hold (complex, float8, 4 bits ...). */
export const dtypeOf = (code: number): DataType | undefined => byCode.get(code);

/** Whether elements are floating point numbers. */
export const isFloat = (dtype: DataType): boolean => dtypeInfo(dtype)?.kind === 'float';

/** Whether elements are signed or unsigned integers. bool is not. */
export function isInteger(dtype: DataType): boolean {
  const kind = dtypeInfo(dtype)?.kind;
  return kind === 'signed' || kind === 'unsigned';
}

/** Views little-endian bytes as elements, without a copy. The bytes must start at a multiple of the element's size. */
export function viewElements(dtype: NumericType, bytes: Uint8Array): NumericData {
  const { array, bytes: width }: Dtype = dtypes[dtype];
  return new array(bytes.buffer, bytes.byteOffset, bytes.byteLength / width);
}
