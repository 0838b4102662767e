import type { NormBall } from '../geometry/ball.js';
import type { Layout } from '../layout.js';
import type { Key } from '../random/key.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Features } from './attribution.js';

/** Replaces the elements of one box of the image, in all channels, by the baseline. */
export interface BoxDraws {
  readonly kind: 'boxes';
  /** Four numbers a draw: top, bottom, left, right, the ends exclusive. */
  readonly boxes: Int32Array;
  readonly layout: Layout;
  /** One number for every element, or a tensor of x's shape. */
  readonly baseline: number | Tensor;
}

/** Replaces the elements of the removed features by the baseline. */
export interface MaskDraws {
  readonly kind: 'masks';
  /** How many draws there are. */
  readonly n: number;
  readonly features: Features;
  /** 1 for each feature that a draw removes, else 0: [n, features.count]. */
  readonly removed: Uint8Array;
  /** One number for every element, or a tensor of x's shape. */
  readonly baseline: number | Tensor;
}

/**
 * Adds random numbers to a centre. Draw i, with from <= i < to, takes its numbers from `stream(fold(key, i))`, element by element. Normal:
 * centre + scale·z with standard normals z. Uniform: centre - u with u uniform in the ball, see `fillUniformInBall`.
 */
export interface KeyDraws {
  readonly kind: 'keys';
  readonly key: Key;
  readonly from: number;
  readonly to: number;
  /** Default: x. */
  readonly centre?: number | Tensor;
  readonly noise:
    | { readonly distribution: 'normal'; readonly scale: number }
    | { readonly distribution: 'uniform'; readonly ball: NormBall };
  /** Elements are moved into this range at the end; default: they stay. */
  readonly clip?: readonly [low: number, high: number];
}

/**
 * Draws as plain data, much smaller than their inputs. Together with x they stand for the inputs, so that these can be made elsewhere, such
 * as on a device or in another thread.
 */
export type CompactDraws = BoxDraws | MaskDraws | KeyDraws;
