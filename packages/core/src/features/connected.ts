import type { Features } from '../types/attribution.js';
import type { Plane } from './plane.js';

type Sizes = Pick<Plane, 'height' | 'width'>;

/**
 * Splits the labels of an image into connected parts, pixels being neighbours along rows and columns. A part of fewer than `least` pixels
 * joins the part of the pixel before its first one, which lies left of it or above. Parts are numbered in the order of their first pixels.
 */
export function joinSmallParts(labels: Int32Array, sizes: Sizes, least: number): Features {
  const of = new Int32Array(labels.length).fill(-1);
  let count = 0;
  for (let i = 0; i < of.length; i++) {
    if (of[i] >= 0) continue;
    const part = partFrom(i, labels, { of, part: count, ...sizes });
    const before = i % sizes.width > 0 ? i - 1 : i - sizes.width;
    if (part.length >= least || before < 0) count++;
    else for (const pixel of part) of[pixel] = of[before];
  }
  return { count, of };
}

/** Marks the pixels that are connected with pixel i and have its label, and returns them. */
function partFrom(
  i: number,
  labels: Int32Array,
  { of, part, height, width }: Sizes & { readonly of: Int32Array; readonly part: number },
): number[] {
  const found = [i];
  of[i] = part;
  for (let k = 0; k < found.length; k++) {
    const at = found[k];
    const [y, x] = [Math.floor(at / width), at % width];
    const neighbours = [
      ...(x > 0 ? [at - 1] : []),
      ...(x + 1 < width ? [at + 1] : []),
      ...(y > 0 ? [at - width] : []),
      ...(y + 1 < height ? [at + width] : []),
    ];
    for (const next of neighbours) {
      if (of[next] >= 0 || labels[next] !== labels[i]) continue;
      of[next] = part;
      found.push(next);
    }
  }
  return found;
}
