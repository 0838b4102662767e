import { describe, expect, it } from 'vitest';
import { codeOf } from '../../test/graphs.js';
import { constantFrom, numbersOf, rounded } from './constant.js';
import type { DataType } from './types.js';

describe('constants and numbers', () => {
  const cases: readonly (readonly [DataType, readonly number[]])[] = [
    ['float32', [0.5, -1, Infinity, NaN]],
    ['float64', [0.1, -1e300]],
    ['float16', [0.5, -65504, 2 ** -24, Infinity]],
    ['bfloat16', [0.5, -3, 2 ** -126, Infinity]],
    ['int8', [-128, 127]],
    ['int16', [-32768, 32767]],
    ['int32', [-(2 ** 31), 2 ** 31 - 1]],
    ['int64', [-(2 ** 53), 2 ** 53, -(2 ** 63), 2 ** 63]],
    ['uint8', [0, 255]],
    ['uint16', [0, 65535]],
    ['uint32', [0, 2 ** 32 - 1]],
    ['uint64', [0, 2 ** 53, 2 ** 64]],
    ['bool', [0, 1]],
  ];
  for (const [dtype, values] of cases) {
    it(`come back from ${dtype}`, () => {
      expect([...numbersOf(constantFrom(dtype, [values.length], values))]).toEqual(values);
    });
  }

  it('read the greatest int64, which has no double, as 2^63', () => {
    const data = BigInt64Array.of(2n ** 63n - 1n);
    expect([...numbersOf({ dtype: 'int64', dims: [1], data })]).toEqual([2 ** 63]);
    expect(constantFrom('int64', [1], [2 ** 63]).data).toEqual(data);
  });

  it('store half floats as their bits', () => {
    expect(constantFrom('float16', [3], [1, -2, 65504]).data).toEqual(Uint16Array.of(0x3c00, 0xc000, 0x7bff));
    expect(constantFrom('bfloat16', [2], [1, -2]).data).toEqual(Uint16Array.of(0x3f80, 0xc000));
  });

  it('refuse numbers outside the range of the type', () => {
    expect(codeOf(() => constantFrom('uint8', [1], [256]))).toBe('type-mismatch');
    expect(codeOf(() => constantFrom('int64', [1], [0.5]))).toBe('type-mismatch');
    expect(codeOf(() => constantFrom('bool', [1], [2]))).toBe('type-mismatch');
    expect(codeOf(() => constantFrom('float32', [2], [1]))).toBe('tensor-shape');
    expect(codeOf(() => numbersOf({ dtype: 'string', dims: [1], data: ['a'] }))).toBe('type-mismatch');
  });
});

describe('rounding to a declared type', () => {
  it('rounds halves of the last place to even', () => {
    expect(rounded('float32', 1 + 2 ** -24)).toBe(1);
    expect(rounded('float32', 1 + 3 * 2 ** -24)).toBe(1 + 2 ** -22);
    expect(rounded('float16', 1 + 2 ** -11)).toBe(1);
    expect(rounded('float16', 1 + 3 * 2 ** -11)).toBe(1 + 2 ** -9);
    expect(rounded('bfloat16', 1 + 2 ** -8)).toBe(1);
  });

  it('does not change float64 and integers', () => {
    expect(rounded('float64', 0.1)).toBe(0.1);
    expect(rounded('int64', 2 ** 53 - 1)).toBe(2 ** 53 - 1);
  });
});
