import { sameFeatures } from '../features/values.js';
import { type Tensor, zeros } from '../tensor/tensor.js';
import type { Features } from '../types/attribution.js';
import type { Rows } from '../types/draws.js';
import type { Products } from '../types/score.js';
import { expectLength, expectSmall, type SparseRows } from './dense.js';

/** Elements of one factor of a product: 2^24, 128 MiB in float64. */
const BLOCK = 2 ** 24;

interface FeatureRows extends SparseRows {
  readonly features: Features;
  readonly removed: Uint8Array;
}

/**
 * Rows that are 1 at the elements of some features and 0 elsewhere. One byte is stored for each feature of each row: `removed`
 * [n, count] has 1 for each feature of a row, else 0. `times` and `addTransposeTimes` take d + n·count operations, and `inner` with rows of
 * the same features one product of n·count numbers.
 */
export function featureRows(features: Features, removed: Uint8Array): Rows {
  const { count, of } = features;
  const n = count === 0 ? 0 : removed.length / count;
  const d = of.length;
  const self: FeatureRows = {
    sparse: true,
    features,
    removed,
    n,
    d,
    times: (v) => {
      expectLength('times', v.data.length, d);
      return timesBytes(removed, sumsByFeature(features, v.data));
    },
    addTransposeTimes: (c, out) => {
      expectLength('addTransposeTimes', c.length, n);
      expectLength('addTransposeTimes', out.length, d);
      const sums = transposeTimesBytes(removed, c, count);
      for (let j = 0; j < d; j++) out[j] += sums[of[j]];
    },
    inner: (other, products) => inner(self, other, products),
    dense: () => dense(self),
  };
  return self;
}

function sumsByFeature({ count, of }: Features, data: Tensor['data']): Float64Array {
  const sums = new Float64Array(count);
  for (let j = 0; j < of.length; j++) sums[of[j]] += data[j];
  return sums;
}

/** Removed·sums. */
function timesBytes(removed: Uint8Array, sums: Float64Array): Float64Array {
  const count = sums.length;
  const out = new Float64Array(count === 0 ? 0 : removed.length / count);
  for (let i = 0, at = 0; i < out.length; i++) {
    let sum = 0;
    for (let feature = 0; feature < count; feature++, at++) sum += removed[at] * sums[feature];
    out[i] = sum;
  }
  return out;
}

/** Removedᵀ·c. */
function transposeTimesBytes(removed: Uint8Array, c: Float64Array, count: number): Float64Array {
  const out = new Float64Array(count);
  for (let i = 0, at = 0; i < c.length; i++) {
    const weight = c[i];
    if (weight === 0) at += count;
    else for (let feature = 0; feature < count; feature++, at++) out[feature] += weight * removed[at];
  }
  return out;
}

function dense({ features: { of, count }, removed, n, d }: FeatureRows): Tensor {
  expectSmall('dense', n, d);
  const out = zeros([n, d]);
  for (let i = 0, at = 0; i < n; i++)
    for (let j = 0; j < d; j++, at++) out.data[at] = removed[i * count + of[j]];
  return out;
}

const isOfFeatures = (rows: Rows): rows is FeatureRows => 'removed' in rows;

/** A·Bᵀ in blocks of features. Products of 0 and 1, times the numbers of elements, have no rounding. */
async function inner(self: FeatureRows, other: Rows, products: Products): Promise<Tensor> {
  const { features, removed, n, d } = self;
  const { count } = features;
  expectLength('inner', other.d, d);
  expectSmall('inner', n, other.n);
  const alike = isOfFeatures(other) && sameFeatures(other.features, features);
  const sizes = sumsByFeature(features, new Float64Array(d).fill(1));
  const whole = alike ? other.removed : foldedRows(features, other);
  const same = whole === removed && sizes.every((size) => size === 1);
  const out = new Float64Array(n * other.n);
  const step = Math.max(1, Math.floor(BLOCK / Math.max(1, n, other.n)));
  for (let from = 0; from < count; from += step) {
    const to = Math.min(count, from + step);
    const left = columns(removed, { count, from, to }, alike ? sizes : undefined);
    const right = same ? left : columns(whole, { count, from, to });
    const { data } = await products.timesTranspose(left, right);
    for (let at = 0; at < out.length; at++) out[at] += data[at];
  }
  return { shape: [n, other.n], data: out };
}

/** The rows of any matrix with the elements of each feature added up: [m, count]. */
function foldedRows(features: Features, other: Rows): Float64Array {
  const { data } = other.dense();
  const out = new Float64Array(other.n * features.count);
  for (let i = 0; i < other.n; i++)
    out.set(sumsByFeature(features, data.subarray(i * other.d, (i + 1) * other.d)), i * features.count);
  return out;
}

/** Some columns of a matrix [n, count] in float64, each times a factor where there are factors. */
function columns(
  data: Uint8Array | Float64Array,
  { count, from, to }: { readonly count: number; readonly from: number; readonly to: number },
  factors?: Float64Array,
): Tensor {
  const n = data.length / count;
  const width = to - from;
  const out = zeros([n, width]);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < width; j++)
      out.data[i * width + j] = data[i * count + from + j] * (factors?.[from + j] ?? 1);
  return out;
}
