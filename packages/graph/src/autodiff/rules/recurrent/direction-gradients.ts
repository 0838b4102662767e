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
  /** The outputs, where the rule computed them again. */
  readonly outputs?: DirectionOutputs;
}

/** States after each step, [T, B, H], and after the last one, [B, H]. */
export interface DirectionOutputs {
  readonly y: string;
  readonly h: string;
  readonly c?: string;
}

/** The backward rule of a recurrent cell, for the directions of one node. */
export type CellRules = (
  b: MathBuilder,
  layers: readonly RecurrentDirection[],
) => readonly DirectionGradients[];
