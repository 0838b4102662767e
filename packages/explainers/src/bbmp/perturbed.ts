import {
  fold,
  full,
  gaussianBlur,
  type Key,
  type Layout,
  norm,
  stream,
  subtract,
  sum,
  type Tensor,
  tensor,
  toFloat64,
  zeros,
} from '@onnxplain/core';
import { type Baseline, fillBaseline } from '../baseline.js';

/** What masked elements become. */
export type MaskReference = 'blur' | 'noise' | Baseline;

export interface ReferenceOptions {
  readonly reference: MaskReference;
  /** Standard deviation and radius of the blur, in positions. */
  readonly blur: { readonly sigma: number; readonly radius: number };
  readonly layout: Layout;
}

/** The reference of draw i: it differs between draws for 'noise' only. */
export type ReferenceAt = (i: number) => Tensor;

/** Makes the reference of x. Throws `tensor-shape` for a tensor that does not fit, `not-applicable` for a layout that does not. */
export function referenceFor(
  where: string,
  { x, key }: { readonly x: Tensor; readonly key: Key },
  { reference, blur, layout }: ReferenceOptions,
): ReferenceAt {
  if (reference === 'noise') return (i) => noiseLike(x, fold(key, i));
  const fixed =
    reference === 'blur' ? gaussianBlur(where, x, { layout, ...blur }) : fillBaseline(reference, x.shape);
  return () => fixed;
}

/** Normal noise with the mean and the standard deviation of the elements of x. */
function noiseLike(x: Tensor, key: Key): Tensor {
  const mean = sum(x) / x.data.length;
  const spread = norm(subtract(toFloat64(x), full(x.shape, mean)), 'l2') / Math.sqrt(x.data.length);
  const drawn = full(x.shape, mean);
  stream(key).addNormal(drawn.data, spread);
  return drawn;
}

/** x where the mask is 1, the reference where it is 0. `mask` has a number for each feature, `of` the feature of each element. */
export function maskedInput(x: Tensor, reference: Tensor, { mask, of }: ElementMask): Tensor {
  const kept = (i: number) => mask[of[i]];
  return tensor(
    Float64Array.from(x.data, (v, i) => kept(i) * v + (1 - kept(i)) * reference.data[i]),
    x.shape,
  );
}

export interface ElementMask {
  readonly mask: Float64Array;
  readonly of: Int32Array;
}

/** The slope by the number of each feature, for a gradient by the masked input. */
export function slopesOfMask(
  gradient: Tensor['data'],
  { x, reference }: { readonly x: Tensor; readonly reference: Tensor },
  { count, of }: { readonly count: number; readonly of: Int32Array },
): Float64Array {
  const slopes = zeros([count]).data;
  for (let i = 0; i < of.length; i++) slopes[of[i]] += gradient[i] * (x.data[i] - reference.data[i]);
  return Float64Array.from(slopes);
}
