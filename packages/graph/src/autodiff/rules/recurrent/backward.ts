import type { MathBuilder } from '../../../builder/math-builder.js';
import type { RecurrentDirection } from './layer.js';

/** What a cell finds of one direction. */
export interface Backward {
  /** Cotangent of w x + its bias, rows of [G H]. */
  readonly fromInput: string;
  /** Cotangent of the bias of r, rows of [G H]; default `fromInput`. */
  readonly fromState?: string;
  /** Cotangent of r, [G H, H]. */
  readonly r: string;
  /** Cotangents of the states before the first step, [B, H]. */
  readonly first: { readonly h: string; readonly c?: string };
  /** Cotangents of the peepholes, [3 H]. */
  readonly peepholes?: string;
}

export type CellRule = (b: MathBuilder, layer: RecurrentDirection) => Backward;
