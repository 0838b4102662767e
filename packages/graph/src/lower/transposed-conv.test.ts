import { describe, expect, it } from 'vitest';
import { countUp, interpretCountUp, sizeOfDims } from '../../test/count-up.js';
import { zerosBetween } from './transposed-conv.js';

describe('zerosBetween', () => {
  it.each([
    ['one axis', [2, 3, 4], [3]],
    ['two axes', [1, 2, 2, 2], [2, 3]],
    ['three axes', [2, 2, 1, 2, 3], [2, 1, 2]],
  ])('puts stride - 1 zeros after every element: %s', (_, dims, strides) => {
    const [grown] = interpretCountUp(dims, (b, x) => [zerosBetween(b, x, strides)]);
    const shape = dims.map((size, axis) => size * (axis < 2 ? 1 : strides[axis - 2]));
    const expected = new Array<number>(sizeOfDims(shape)).fill(0);
    for (const element of countUp(dims)) {
      const place = dims.map((size, axis) => Math.floor(element / sizeOfDims(dims.slice(axis + 1))) % size);
      const at = place.reduce(
        (sum, i, axis) => sum * shape[axis] + i * (axis < 2 ? 1 : strides[axis - 2]),
        0,
      );
      expected[at] = element;
    }
    expect(grown).toEqual({ dims: shape, data: expected });
  });
});
