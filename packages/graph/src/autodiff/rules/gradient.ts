import { activation } from './activation.js';
import { arithmetic } from './arithmetic.js';
import { control } from './control.js';
import { convolution } from './conv.js';
import { indexing } from './indexing.js';
import { linear } from './linear.js';
import { movement } from './movement.js';
import { normalisation } from './normalisation.js';
import { bits, comparison, draws, identity, shapes, signals } from './piecewise-constant.js';
import { pooling } from './pool.js';
import { quantisation } from './quantise.js';
import { recurrent } from './recurrent.js';
import { reduction } from './reduction.js';
import type { RuleEntries } from './rule.js';
import { sampling } from './sampling.js';

/** The derivative, with PyTorch's conventions at kinks and ties (SUBGRADIENTS.md). */
export const gradient = {
  ...activation,
  ...arithmetic,
  ...bits,
  ...comparison,
  ...control,
  ...convolution,
  ...draws,
  ...identity,
  ...indexing,
  ...linear,
  ...movement,
  ...normalisation,
  ...pooling,
  ...quantisation,
  ...recurrent,
  ...reduction,
  ...sampling,
  ...shapes,
  ...signals,
} satisfies RuleEntries;
