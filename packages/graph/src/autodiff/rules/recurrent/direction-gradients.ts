import type { MathBuilder } from '../../../builder/math-builder.js';
import type { RecurrentDirection } from './direction.js';

/** The cotangents of one direction of a recurrent layer. */
export interface DirectionGradients {
  /** Cotangent of w x + its bias at all steps, rows of [G H]. */
  readonly inputPreactivation: string;
  /** Cotangent of r h + its bias at all steps, rows of [G H]; default `inputPreactivation`. */
  readonly statePreactivation?: string;
  /** Cotangent of r, [G H, H]. */
  readonly r: string;
  /** Cotangents of the states before the first step, [B, H]. */
  readonly first: { readonly h: string; readonly c?: string };
  /** Cotangents of the peepholes, [3 H]. */
  readonly peepholes?: string;
}

/** The backward rule of a recurrent cell. */
export type CellRule = (b: MathBuilder, layer: RecurrentDirection) => DirectionGradients;
