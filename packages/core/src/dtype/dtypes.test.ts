import { expect, test } from 'vitest';
import {
  codeOf,
  type DataType,
  type Dtype,
  dtypeOf,
  dtypes,
  isFloat,
  isInteger,
  viewElements,
} from './dtypes.js';

const rows = Object.entries<Dtype>(dtypes) as [keyof typeof dtypes, Dtype][];

test.each(rows)('%s stores an element in as many bytes as its row says', (_, { array, bytes }) => {
  expect(new array(3).byteLength).toBe(3 * bytes);
});

test.each(rows)('%s keeps its least and its greatest number', (_, { range, store, decode }) => {
  const stored = Array.from(store(Float64Array.from(range)), Number);
  expect(stored.map(decode ?? ((element: number) => element))).toEqual([...range]);
});

test.each(rows)('%s comes back from its ONNX number', (dtype) => {
  expect(dtypeOf(codeOf(dtype))).toBe(dtype);
});

test('strings have the ONNX number 8, and unknown numbers no type', () => {
  expect([codeOf('string'), dtypeOf(8), dtypeOf(0), dtypeOf(17)]).toEqual([
    8,
    'string',
    undefined,
    undefined,
  ]);
});

test('bool and string are neither floats nor integers', () => {
  const named = (test: (dtype: DataType) => boolean) =>
    [...rows.map(([name]) => name), 'string' as const].filter(test);
  expect(named(isFloat)).toEqual(['float32', 'float64', 'float16', 'bfloat16']);
  expect(named(isInteger)).toEqual([
    'int8',
    'int16',
    'int32',
    'int64',
    'uint8',
    'uint16',
    'uint32',
    'uint64',
  ]);
});

test('a view of bytes starts at their offset and shares their memory', () => {
  const bytes = new Uint8Array(16);
  const view = viewElements('int32', bytes.subarray(4, 12));
  bytes[4] = 7;
  expect([...view]).toEqual([7, 0]);
});
