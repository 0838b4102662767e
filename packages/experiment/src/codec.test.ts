import { tensor } from '@onnxplain/core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decode, encode } from './codec.js';

async function roundTrip(value: unknown): Promise<unknown> {
  const { json, arrays } = encode({ value }, 'cell');
  const text = JSON.stringify(json);
  const read = async (name: string) => arrays.get(name) ?? Promise.reject(new Error(name));
  return decode(JSON.parse(text).value, read);
}

const number = fc.double().map((value) => (Object.is(value, -0) ? 0 : value));
const leaf = fc.oneof(
  number,
  fc.string(),
  fc.boolean(),
  fc.constant(null),
  fc.float64Array(),
  fc.float32Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.array(number, { minLength: 6, maxLength: 6 }).map((data) => tensor(Float64Array.from(data), [2, 3])),
);
// Names with a dollar are those of the format itself.
const name = fc
  .string()
  .filter((text) => !text.startsWith('$') && text !== '__proto__' && !/[./\\\0]/.test(text));

test('decoding an encoded value returns it, with the types of arrays, NaN and infinities', async () => {
  const data = fc.oneof(leaf, fc.array(leaf), fc.dictionary(name, leaf, { noNullPrototype: true }));
  await fc.assert(
    fc.asyncProperty(data, async (value) => {
      expect(await roundTrip(value)).toEqual(value);
    }),
  );
});

test('undefined is kept in lists and removed from objects', async () => {
  expect(await roundTrip({ list: [undefined, 1], gone: undefined })).toStrictEqual({ list: [undefined, 1] });
});

test('a tensor is written to a file with its shape, named by its path', () => {
  const { json, arrays } = encode({ a: { b: tensor([1, 2], [2, 1]) } }, 'cell');
  expect(json).toEqual({ a: { b: { $tensor: 'cell.a.b.npy', type: 'float64' } } });
  expect([...arrays.keys()]).toEqual(['cell.a.b.npy']);
});

test('functions, dates and maps are refused, and the error names their path', () => {
  for (const value of [() => 1, new Date(), new Map()]) {
    const refused = () => encode({ value: { deep: [value] } }, 'cell');
    expect(refused).toThrow(expect.objectContaining({ code: 'type-mismatch' }));
    expect(refused).toThrow('cell.value.deep.0');
  }
});
