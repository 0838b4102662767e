import type { Builder } from './builder.js';
import { type Arithmetic, arithmetic } from './math/arithmetic.js';
import { type ComparisonOperations, comparison } from './math/comparison.js';
import { type Expansion, expansion } from './math/expansion.js';
import { type Movement, movement } from './math/movement.js';
import { type Reduction, reduction } from './math/reduction.js';
import { type Sizing, sizing } from './math/size.js';

export type { SliceRange } from './math/movement.js';
export type { Size } from './math/size.js';
export type { Term } from './math/term.js';

/** A {@link Builder} that speaks arithmetic, so that a rule reads like its derivation. */
export interface MathBuilder
  extends Builder,
    Arithmetic,
    ComparisonOperations,
    Reduction,
    Expansion,
    Sizing,
    Movement {}

export const mathBuilder = (b: Builder): MathBuilder => ({
  ...b,
  ...arithmetic(b),
  ...comparison(b),
  ...reduction(b),
  ...expansion(b),
  ...sizing(b),
  ...movement(b),
});
