import { expect, it } from 'vitest';
import { countUp, interpretCountUp } from '../../test/count-up.js';
import { byNumbers, byPairs, byRows, type LayOut, laidOut, placeOf, product } from './blocks.js';

/** Each with the sizes of blocks that it takes. */
const layouts: readonly (readonly [string, LayOut, readonly number[]])[] = [
  ['by rows', byRows, [2, 3, 4]],
  ['by pairs', byPairs, [2]],
  ['by numbers', byNumbers, [2, 3, 4]],
  ['chosen', laidOut, [2, 3, 4]],
];

/** Channels of the image, rows and columns of blocks; the last has long rows. */
const images: readonly (readonly [number, number, number])[] = [
  [1, 3, 2],
  [3, 2, 5],
  [2, 1, 17],
];

it.each(layouts)(
  'blocks are laid out so that each element of a block lies in its row and column: %s',
  (_, layOut, sizes) => {
    for (const size of sizes) {
      for (const [channels, rows, columns] of images) {
        const dims = [2, size * size * channels, rows, columns];
        const shape = [2, channels, size * rows, size * columns];
        const expected = new Array<number>(product(shape));
        for (const element of countUp(dims)) {
          const [row, of, y, x] = placeOf(element, dims);
          const [r, s, channel] = placeOf(of, [size, size, channels]);
          expected[((row * channels + channel) * shape[2] + size * y + r) * shape[3] + size * x + s] =
            element;
        }
        const [got] = interpretCountUp(dims, (b, x) => [layOut(b, x, size)]);
        expect(got).toEqual({ dims: shape, data: expected });
      }
    }
  },
);
