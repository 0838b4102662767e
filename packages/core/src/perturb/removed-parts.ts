import { isTensor, type Tensor, zeros } from '../tensor/tensor.js';
import type { Draws } from '../types/draws.js';

/** What draws took away from x, I = x - input, without its numbers: all that is computed comes from sums over the removed features. */
export interface RemovedParts {
  /** I·v of every draw for v with the elements of x: [n]. */
  times(v: Tensor): Float64Array;
  /** 1 for each draw whose input differs from x, else 0. */
  moved(): Uint8Array;
}

/** The removed parts of draws of x. Undefined where the draws do not set features to one baseline. */
export function removedParts(x: Tensor, { compact, masks }: Draws): RemovedParts | undefined {
  if (masks === undefined || (compact?.kind !== 'boxes' && compact?.kind !== 'masks')) return undefined;
  const { baseline, noise } = compact;
  if (noise !== undefined || !(typeof baseline === 'number' || isTensor(baseline))) return undefined;
  // Inputs have the baseline in the number type of x.
  const absent = zeros(x.shape, x).data;
  if (typeof baseline === 'number') absent.fill(baseline);
  else absent.set(baseline.data);
  const sums = (of: (j: number) => number): Float64Array => {
    const numbers = zeros(x.shape);
    for (let j = 0; j < absent.length; j++) numbers.data[j] = of(j);
    return masks.times(numbers);
  };
  return {
    times: (v) => sums((j) => (x.data[j] - absent[j]) * v.data[j]),
    moved: () =>
      Uint8Array.from(
        sums((j) => (x.data[j] === absent[j] ? 0 : 1)),
        Math.sign,
      ),
  };
}
