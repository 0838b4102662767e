import { denseRows, fold, type Key, type Rows, stream, type Tensor, tensor } from '@onnxplain/core';

/** Sets of features that stay, any of them. */
export interface MaskedSamples {
  readonly count: number;
  /** One row for each set, [count, d]: 1 where the feature stays. */
  readonly kept: Uint8Array;
  /** Whether these are all sets. Otherwise each feature of set i stays with probability 1/2, by (d, key, i) only. */
  readonly exhaustive: boolean;
}

/** How many sets {@link maskedSamples} gives. */
export const maskedCount = (d: number, samples: number): number => Math.min(2 ** d, samples);

/** All 2^d sets of d features, where there are no more than `samples`; else this many at random. */
export function maskedSamples(d: number, samples: number, key: Key): MaskedSamples {
  const count = maskedCount(d, samples);
  const exhaustive = count === 2 ** d;
  const kept = new Uint8Array(count * d);
  for (let i = 0; i < count; i++) {
    const random = stream(fold(key, i));
    for (let j = 0; j < d; j++) kept[i * d + j] = exhaustive ? (i >>> j) & 1 : random.uint32() >>> 31;
  }
  return { count, kept, exhaustive };
}

/** exp(-D²/width²) for each sample, D the cosine distance 1 - sqrt(s/d) of s kept features of d from all, over the greatest of them. */
export function localityWeights({ count, kept }: MaskedSamples, width: number): Float64Array {
  const d = kept.length / count;
  const squares = Float64Array.from({ length: count }, (_, i) => {
    const size = kept.subarray(i * d, (i + 1) * d).reduce((sum, one) => sum + one, 0);
    return (1 - Math.sqrt(size / d)) ** 2;
  });
  const nearest = squares.reduce((least, square) => Math.min(least, square), Number.POSITIVE_INFINITY);
  return squares.map((square) => Math.exp((nearest - square) / width ** 2));
}

/** Samples `from` to `to` (exclusive) less `centre`, as rows that are dense numbers only while a matrix of them is needed. */
export function centredRows(
  { kept }: MaskedSamples,
  { from, to }: { readonly from: number; readonly to: number },
  centre: Float64Array,
): Rows {
  const d = centre.length;
  const n = to - from;
  const sets = kept.subarray(from * d, to * d);
  const dense = (): Tensor => {
    const data = new Float64Array(n * d);
    for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < d; j++, at++) data[at] = sets[at] - centre[j];
    return tensor(data, [n, d]);
  };
  return {
    n,
    d,
    times({ data }) {
      const offset = centre.reduce((sum, share, j) => sum + share * data[j], 0);
      const out = new Float64Array(n).fill(-offset);
      for (let i = 0, at = 0; i < n; i++) for (let j = 0; j < d; j++, at++) out[i] += sets[at] * data[j];
      return out;
    },
    addTransposeTimes(c, out) {
      for (let i = 0; i < n; i++) {
        if (c[i] === 0) continue;
        for (let j = 0, at = i * d; j < d; j++, at++) out[j] += c[i] * (sets[at] - centre[j]);
      }
    },
    inner: (other, products) => denseRows(dense()).inner(other, products),
    dense,
  };
}
