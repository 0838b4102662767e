import { describe, expect, it } from 'vitest';
import { tensor, zeros } from '../tensor/tensor.js';
import { gaussianBlur } from './blur.js';

/** The weighted mean over all positions within the radius, from its definition in two dimensions. */
function slowBlur(picture: readonly number[][], sigma: number, radius: number): number[] {
  return picture.flatMap((row, y) =>
    row.map((_, x) => {
      let [sum, total] = [0, 0];
      for (let v = Math.max(0, y - radius); v < picture.length && v <= y + radius; v++) {
        for (let u = Math.max(0, x - radius); u < row.length && u <= x + radius; u++) {
          const weight = Math.exp(-((v - y) ** 2 + (u - x) ** 2) / (2 * sigma ** 2));
          sum += weight * picture[v][u];
          total += weight;
        }
      }
      return sum / total;
    }),
  );
}

describe('a Gaussian blur', () => {
  const rows = [
    [1, 0, 4, -2],
    [3, 5, 0, 1],
    [0, 2, 2, 7],
  ];

  it('is the weighted mean over a square of positions, of each channel by itself', () => {
    const other = rows.map((row) => row.map((v) => 10 - v * v));
    const truth = [rows, other].flatMap((picture) => slowBlur(picture, 0.8, 2));
    const options = { sigma: 0.8, radius: 2 };
    const chw = gaussianBlur('here', tensor([rows, other].flat(2), [2, 3, 4]), { layout: 'chw', ...options });
    truth.forEach((value, i) => {
      expect(chw.data[i]).toBeCloseTo(value, 12);
    });
    const last = Array.from({ length: 12 }, (_, i) => [rows.flat()[i], other.flat()[i]]).flat();
    const hwc = gaussianBlur('here', tensor(last, [3, 4, 2]), { layout: 'hwc', ...options });
    truth.forEach((value, i) => {
      expect(hwc.data[(i % 12) * 2 + Math.floor(i / 12)]).toBeCloseTo(value, 12);
    });
  });

  it('leaves a constant as it is, and refuses a layout that does not fit', () => {
    const constant = tensor(new Float64Array(6).fill(3), [2, 3]);
    const blurred = gaussianBlur('here', constant, { layout: 'chw', sigma: 5, radius: 5 });
    for (const value of blurred.data) expect(value).toBeCloseTo(3, 12);
    const blur = () => gaussianBlur('here', zeros([4]), { layout: 'hwc', sigma: 5, radius: 5 });
    expect(blur).toThrow(expect.objectContaining({ code: 'not-applicable' }));
  });
});
