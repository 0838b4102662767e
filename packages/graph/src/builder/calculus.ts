import type { Builder } from './builder.js';
import { type Arithmetic, arithmetic } from './calculus/arithmetic.js';
import { type Comparison, comparison } from './calculus/comparison.js';
import { type Expansion, expansion } from './calculus/expansion.js';
import { type Movement, movement } from './calculus/movement.js';
import { type Reduction, reduction } from './calculus/reduction.js';
import { type Sizing, sizing } from './calculus/size.js';

export { STEEP } from './calculus/comparison.js';
export type { Span } from './calculus/movement.js';
export type { Size } from './calculus/size.js';
export type { Term } from './calculus/term.js';

/** A {@link Builder} that speaks arithmetic, so that a rule reads like its derivation. */
export interface Calculus extends Builder, Arithmetic, Comparison, Reduction, Expansion, Sizing, Movement {}

export const calculus = (b: Builder): Calculus => ({
  ...b,
  ...arithmetic(b),
  ...comparison(b),
  ...reduction(b),
  ...expansion(b),
  ...sizing(b),
  ...movement(b),
});
