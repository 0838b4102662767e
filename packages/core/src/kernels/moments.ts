import { isWorthKernels, loadRows } from './four-rows.js';
import { kernels } from './instance.js';

/** How four rows are merged with the moments of the rows before them. */
export interface Merge {
  /** The number of the first of the four. */
  readonly first: number;
  readonly weights: readonly [number, number, number, number];
  /** Their weight, as a share of that of all rows so far. */
  readonly share: number;
  /** 1 / their weight. */
  readonly each: number;
  /** The weight of the rows before them times `share`. */
  readonly spread: number;
}

/** Means and sums of squared deviations, element by element. */
export interface Sums {
  readonly mean: Float64Array;
  readonly deviations: Float64Array;
}

/** Merges rows, four at a time, with the moments, in place. */
export function mergeRows(sums: Sums, data: Float32Array | Float64Array, merges: readonly Merge[]): void {
  if (data instanceof Float32Array && isWorthKernels(sums.mean.length)) mergeFloats(sums, data, merges);
  else for (const merge of merges) mergeInto(sums, data, merge);
}

function mergeFloats({ mean, deviations }: Sums, data: Float32Array, merges: readonly Merge[]): void {
  const all = kernels();
  const size = mean.length;
  const n = data.length / size;
  for (let from = 0; from < size; from += all.columns) {
    const to = Math.min(size, from + all.columns);
    all.first.set(mean.subarray(from, to));
    all.second.set(deviations.subarray(from, to));
    for (const { first, weights, share, each, spread } of merges) {
      const stride = loadRows(all, { data, n }, { first, from, to });
      all.addMoments(to - from, stride, ...weights, share, each, spread);
    }
    mean.set(all.first.subarray(0, to - from), from);
    deviations.set(all.second.subarray(0, to - from), from);
  }
}

/**
 * Merges four rows with the moments, in place. Source: Chan, Golub and LeVeque 1983, "Algorithms for computing the sample variance".
 */
export function mergeInto(
  { mean, deviations }: Sums,
  data: Float32Array | Float64Array,
  { first, weights: [u, v, w, z], share, each, spread }: Merge,
): void {
  const size = mean.length;
  const [a, b, c, d] = [first * size, (first + 1) * size, (first + 2) * size, (first + 3) * size];
  for (let j = 0; j < size; j++) {
    const middle = (u * data[a + j] + v * data[b + j] + w * data[c + j] + z * data[d + j]) * each;
    const p = data[a + j] - middle;
    const q = data[b + j] - middle;
    const r = data[c + j] - middle;
    const s = data[d + j] - middle;
    const inside = u * p * p + v * q * q + w * r * r + z * s * s;
    const difference = middle - mean[j];
    mean[j] += share * difference;
    deviations[j] += inside + spread * difference * difference;
  }
}
