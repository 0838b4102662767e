import { expect, test } from 'vitest';
import type { Constant } from '../ir/types.js';
import { notFiniteConstants } from './not-finite.js';

const inf = Number.POSITIVE_INFINITY;

test('numbers that are not finite are counted by constant, in every float type', () => {
  const constants = new Map<string, Constant>([
    ['w', { dtype: 'float32', dims: [3], data: Float32Array.of(1, Number.NaN, 2) }],
    ['mask', { dtype: 'float64', dims: [4], data: Float64Array.of(0, -inf, inf, Number.NaN) }],
    ['half', { dtype: 'float16', dims: [3], data: Uint16Array.of(0x7c00, 0x7e00, 0x3c00) }],
    ['ids', { dtype: 'uint16', dims: [1], data: Uint16Array.of(0x7c00) }],
    ['fine', { dtype: 'float32', dims: [1], data: Float32Array.of(1) }],
    ['text', { dtype: 'string', dims: [1], data: ['NaN'] }],
  ]);
  expect(notFiniteConstants({ constants })).toEqual([
    { name: 'w', nan: 1, infinite: 0 },
    { name: 'mask', nan: 1, infinite: 2 },
    { name: 'half', nan: 1, infinite: 1 },
  ]);
});
