import { expect, test } from 'vitest';
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './float16.js';

test('every float16 survives the way to a number and back', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = fromFloat16(bits);
    if (Number.isNaN(value)) expect(fromFloat16(toFloat16(value))).toBeNaN();
    else if (toFloat16(value) !== bits) expect([bits, toFloat16(value)]).toEqual([bits, bits]);
  }
});

test('float16 takes the nearest number, ties to the even one', () => {
  for (let bits = 0; bits < 0x7bff; bits += 7) {
    const [low, high] = [fromFloat16(bits), fromFloat16(bits + 1)];
    const middle = (low + high) / 2;
    expect(toFloat16(middle)).toBe(bits % 2 === 0 ? bits : bits + 1);
    expect(toFloat16(middle - (high - low) / 1000)).toBe(bits);
    expect(toFloat16(-middle - (high - low) / 1000)).toBe((bits + 1) | 0x8000);
  }
});

test('float16 ends at 65504', () => {
  expect(fromFloat16(toFloat16(65519.99))).toBe(65504);
  expect(fromFloat16(toFloat16(65520))).toBe(Infinity);
  expect(fromFloat16(toFloat16(-1e9))).toBe(-Infinity);
  expect(Object.is(fromFloat16(toFloat16(-0)), -0)).toBe(true);
});

test('bfloat16 is the upper half of a float32, rounded to the even one', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const value = fromBfloat16(bits);
    if (!Number.isNaN(value) && toBfloat16(value) !== bits) expect(toBfloat16(value)).toBe(bits);
  }
  expect(fromBfloat16(toBfloat16(1 + 2 ** -8))).toBe(1);
  expect(fromBfloat16(toBfloat16(1 + 3 * 2 ** -8))).toBe(1 + 2 ** -6);
  expect(fromBfloat16(toBfloat16(Number.NaN))).toBeNaN();
  expect(fromBfloat16(toBfloat16(3.4e38))).toBe(Infinity);
});
