import { describe, expect, it } from 'vitest';
import { countUp, interpretCountUp, sizeOfDims } from '../../../test/count-up.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { assembleTiles } from './window-tiles.js';

describe('tiles', () => {
  it.each([
    ['one axis', [2, 6, 3], [3]],
    ['two axes', [2, 4, 6, 3], [2, 3]],
    ['an axis that is left alone', [1, 4, 3, 2, 2], [2, 1, 2]],
  ])('are joined from the elements of every window in row-major order: %s', (_, dims, factors) => {
    const [whole] = interpretCountUp(dims, (b, x) => [assembleTiles(b, elements(b, x, factors), factors)]);
    expect(whole).toEqual({ dims, data: countUp(dims) });
  });
});

/** Every element of the windows of [N, ..., C], by slices with steps. */
function elements(b: MathBuilder, x: string, factors: readonly number[]): readonly string[] {
  const axes = b.ints(factors.map((_, i) => i + 1));
  const ends = b.ints(b.dims(x).slice(1, -1).map(Number));
  return countUp(factors).map((element) => {
    const place = factors.map((factor, i) => Math.floor(element / sizeOfDims(factors.slice(i + 1))) % factor);
    return b.emit('Slice', [x, b.ints(place), ends, axes, b.ints(factors)]);
  });
}
