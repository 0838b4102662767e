import type { NumericData, NumericType } from '@onnxplain/core';

/** Lists of numbers in a TensorProto. They hold the elements where `raw_data` does not. */
interface TypedLists {
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly bigint[];
  readonly doubleData: readonly number[];
  readonly uint64Data: readonly bigint[];
}

/** Reads the list that each type uses; float16 and bfloat16 are stored as bits. */
const readers: Readonly<Record<NumericType, (lists: TypedLists) => NumericData>> = {
  float32: ({ floatData }) => new Float32Array(floatData),
  float64: ({ doubleData }) => new Float64Array(doubleData),
  float16: ({ int32Data }) => new Uint16Array(int32Data),
  bfloat16: ({ int32Data }) => new Uint16Array(int32Data),
  int8: ({ int32Data }) => new Int8Array(int32Data),
  int16: ({ int32Data }) => new Int16Array(int32Data),
  int32: ({ int32Data }) => new Int32Array(int32Data),
  int64: ({ int64Data }) => new BigInt64Array(int64Data),
  uint8: ({ int32Data }) => new Uint8Array(int32Data),
  uint16: ({ int32Data }) => new Uint16Array(int32Data),
  uint32: ({ uint64Data }) => Uint32Array.from(uint64Data, Number),
  uint64: ({ uint64Data }) => new BigUint64Array(uint64Data),
  bool: ({ int32Data }) => Uint8Array.from(int32Data, (value) => (value === 0 ? 0 : 1)),
};

/** Reads the elements of a tensor from the list that its type uses. */
export const readList = (dtype: NumericType, lists: TypedLists): NumericData => readers[dtype](lists);
