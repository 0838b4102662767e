import type { NormBall } from '../geometry/ball.js';
import type { Layout } from '../layout.js';
import type { Key } from '../random/key.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Features } from './attribution.js';

/** Several baselines, [m, ...shape of x], and the number of the one that each draw takes. */
export interface BaselineRows {
  readonly rows: Tensor;
  readonly of: Int32Array;
}

/** Normal noise around the baseline: that of the draw with number i is `scale` times normals of `stream(fold(fold(key, i), 'noise'))`. */
export interface BaselineNoise {
  readonly key: Key;
  /** Number of the first draw. */
  readonly from: number;
  readonly scale: number;
}

/** What removed elements become. */
export interface RemovalValues {
  /** One number for every element, a tensor of x's shape, or several tensors. */
  readonly baseline: number | Tensor | BaselineRows;
  /** Default: no noise. */
  readonly noise?: BaselineNoise;
}

/** Replaces the elements of one box of the image by the baseline. */
export interface BoxDraws extends RemovalValues {
  readonly kind: 'boxes';
  /** Four numbers a draw: top, bottom, left, right, the ends exclusive. */
  readonly boxes: Int32Array;
  /** The only channel of each box; default: all channels. */
  readonly channels?: Int32Array;
  readonly layout: Layout;
}

/** Replaces the elements of the removed features by the baseline. */
export interface MaskDraws extends RemovalValues {
  readonly kind: 'masks';
  /** How many draws there are. */
  readonly n: number;
  readonly features: Features;
  /** 1 for each feature that a draw removes, else 0: [n, features.count]. */
  readonly removed: Uint8Array;
}

/**
 * Moves every element of an image a share of the way to the baseline: x - m·(x - baseline). The shares m of the draw with number i, which
 * all channels have in common, come from `stream(fold(key, i))`, see `smoothMaskWriter`.
 */
export interface SmoothMaskDraws extends RemovalValues {
  readonly kind: 'smooth-masks';
  readonly key: Key;
  readonly from: number;
  readonly to: number;
  /** Cells of the grid along height and width; 1 along an axis of one element. */
  readonly cells: number;
  /** How likely each cell is to be removed. */
  readonly probability: number;
  readonly layout: Layout;
}

/**
 * Adds random numbers to a centre. Draw i, with from <= i < to, takes its numbers from `stream(fold(key, i))`, element by element. Normal:
 * centre + scale·z with standard normals z, of which with a `limit` only those of at most this size are taken. Uniform: centre - u with u
 * uniform in the ball, see `fillUniformInBall`.
 */
export interface KeyDraws {
  readonly kind: 'keys';
  readonly key: Key;
  readonly from: number;
  readonly to: number;
  /** Default: x. */
  readonly centre?: RemovalValues['baseline'];
  readonly noise:
    | { readonly distribution: 'normal'; readonly scale: number; readonly limit?: number }
    | { readonly distribution: 'uniform'; readonly ball: NormBall };
  /** Elements are moved into this range at the end; default: they stay. */
  readonly clip?: readonly [low: number, high: number];
}

/**
 * Draws as plain data, much smaller than their inputs. Together with x they stand for the inputs, so that these can be made elsewhere, such
 * as on a device or in another thread.
 */
export type CompactDraws = BoxDraws | MaskDraws | SmoothMaskDraws | KeyDraws;
