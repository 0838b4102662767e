import { fold } from '../random/key.js';
import { stream } from '../random/stream.js';
import { isTensor, type Tensor, zeros } from '../tensor/tensor.js';
import type { RemovalValues } from '../types/compact-draws.js';

/** Returns a function that gives the baseline of a draw in x's type. The array may be written again by the next call. */
export function baselinesOf({ baseline, noise }: RemovalValues, x: Tensor): (i: number) => Tensor['data'] {
  const clean = cleanBaselines(baseline, x);
  if (noise === undefined) return clean;
  const noisy = zeros(x.shape, x).data;
  return (i) => {
    noisy.set(clean(i));
    stream(fold(fold(noise.key, noise.from + i), 'noise')).addNormal(noisy, noise.scale);
    return noisy;
  };
}

function cleanBaselines(baseline: RemovalValues['baseline'], x: Tensor): (i: number) => Tensor['data'] {
  if (baseline === x) return () => x.data;
  const out = zeros(x.shape, x).data;
  if (typeof baseline === 'number') out.fill(baseline);
  else if (isTensor(baseline)) out.set(baseline.data);
  else {
    const { rows: all, of } = baseline;
    return (i) => {
      out.set(all.data.subarray(of[i] * out.length, (of[i] + 1) * out.length));
      return out;
    };
  }
  return () => out;
}
