import { type Shape, sizeOf } from '@onnxplain/core';

/** Exponent of the total variation (Fong and Vedaldi 2017, section 4.3). */
const BETA = 3;

export interface Penalty {
  /** Weight of the mean distance of the mask from `towards`. */
  readonly l1: number;
  readonly towards: 0 | 1;
  /** Weight of the total variation: for each axis the mean of |difference of neighbours|³, summed over axes. */
  readonly tv: number;
}

/** The penalty of a mask with numbers from 0 to 1, and its slope by each number. The slope of |v| at 0 is that of the inside. */
export function penaltyOf(mask: Float64Array, cells: Shape, { l1, towards, tv }: Penalty) {
  const sign = towards === 0 ? 1 : -1;
  const slope = new Float64Array(mask.length).fill((sign * l1) / mask.length);
  let value = (l1 * mask.reduce((sum, m) => sum + Math.abs(m - towards), 0)) / mask.length;
  if (tv === 0) return { value, slope };
  cells.forEach((count, axis) => {
    const inner = sizeOf(cells.slice(axis + 1));
    const pairs = (mask.length / count) * (count - 1);
    for (let i = 0; i < mask.length; i++) {
      if (Math.floor(i / inner) % count === count - 1) continue;
      const step = mask[i + inner] - mask[i];
      value += (tv * Math.abs(step) ** BETA) / pairs;
      const rise = (tv * BETA * Math.abs(step) ** (BETA - 1) * Math.sign(step)) / pairs;
      slope[i + inner] += rise;
      slope[i] -= rise;
    }
  });
  return { value, slope };
}
