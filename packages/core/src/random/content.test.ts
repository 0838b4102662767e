import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { tensor } from '../tensor/tensor.js';
import { contentHash } from './content.js';

/** The definition, written out byte by byte. */
function slowHash(
  parts: readonly (readonly [name: string | null, shape: readonly number[], numbers: readonly number[]])[],
) {
  const bytes = parts.flatMap(([name, shape, numbers]) => {
    const head = Buffer.from(`[${name === null ? 'null' : `"${name}"`},[${shape.join(',')}],"numbers"]\n`);
    const body = numbers.map((number) => {
      const eight = Buffer.alloc(8);
      eight.writeDoubleLE(number);
      return eight;
    });
    return [head, ...body];
  });
  return createHash('sha256').update(Buffer.concat(bytes)).digest('hex');
}

test('the hash is that of its definition', () => {
  const x = tensor([1.5, -2, 1e-300], [3]);
  expect(contentHash(x)).toBe(slowHash([[null, [3], [1.5, -2, 1e-300]]]));
  const others = { b: { shape: [2], data: [0, 1] }, a: { shape: [], data: [7] } };
  expect(contentHash(x, others)).toBe(
    slowHash([
      [null, [3], [1.5, -2, 1e-300]],
      ['a', [], [7]],
      ['b', [2], [0, 1]],
    ]),
  );
});

test('equal numbers have one hash in every type, and 0 and -0 are equal', () => {
  const hash = (data: ArrayLike<number | bigint>) => contentHash({ shape: [3], data });
  const whole = hash(Float64Array.of(1, 0, 3));
  expect(hash(Float32Array.of(1, -0, 3))).toBe(whole);
  expect(hash(Int32Array.of(1, 0, 3))).toBe(whole);
  expect(hash(BigInt64Array.of(1n, 0n, 3n))).toBe(whole);
  expect(hash(Uint8Array.of(1, 0, 3))).toBe(whole);
  expect(hash(Float64Array.of(0.1, 0, 3))).not.toBe(hash(Float32Array.of(0.1, 0, 3)));
});

test('it tells shapes, single numbers, names and other arrays apart', () => {
  const data = [1, 2, 3, 4, 5, 6];
  const feed = { shape: [1], data: [1] };
  const hashes = [
    contentHash(tensor(data, [2, 3])),
    contentHash(tensor(data, [3, 2])),
    contentHash(tensor([1, 2, 3, 4, 5, 6 + 1e-15], [2, 3])),
    contentHash(tensor(data, [2, 3]), { a: feed }),
    contentHash(tensor(data, [2, 3]), { b: feed }),
    contentHash(tensor(data, [2, 3]), { a: { ...feed, data: [2] } }),
    contentHash(tensor(data, [2, 3]), { a: { ...feed, data: ['1'] } }),
  ];
  expect(new Set(hashes).size).toBe(hashes.length);
});

test('whole numbers that float64 does not hold are told apart', () => {
  const hash = (value: bigint) => contentHash({ shape: [1], data: [value] });
  expect(hash(2n ** 53n + 1n)).not.toBe(hash(2n ** 53n));
  expect(hash(2n ** 53n)).toBe(contentHash({ shape: [1], data: [2 ** 53] }));
});

test('all NaNs have one hash, whatever their bits', () => {
  const hash = (data: ArrayLike<number>) => contentHash({ shape: [1], data });
  const expected = slowHash([[null, [1], [Number.NaN]]]);
  for (const bits of [0x7fc00000, 0xffc00000, 0x7fc00001]) {
    expect(hash(new Float32Array(Uint32Array.of(bits).buffer))).toBe(expected);
  }
  for (const bits of [0x7ff8000000000000n, 0xfff8000000000000n]) {
    expect(hash(new Float64Array(BigUint64Array.of(bits).buffer))).toBe(expected);
  }
});
