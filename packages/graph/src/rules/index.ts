import { activation } from './activation.js';
import { arithmetic } from './arithmetic.js';
import { control } from './control.js';
import { convolution } from './conv.js';
import { comparison, identity, shapes } from './flat.js';
import { indexing } from './indexing.js';
import { linear } from './linear.js';
import { movement } from './movement.js';
import { normalisation } from './normalisation.js';
import { pooling } from './pool.js';
import { deconv, guided } from './rectifier.js';
import { recurrent } from './recurrent.js';
import { reduction } from './reduction.js';
import type { RuleTable } from './rule.js';

/** The derivative, with PyTorch's conventions at kinks and ties (SUBGRADIENTS.md). */
const gradient = {
  ...activation,
  ...arithmetic,
  ...comparison,
  ...control,
  ...convolution,
  ...identity,
  ...indexing,
  ...linear,
  ...movement,
  ...normalisation,
  ...pooling,
  ...recurrent,
  ...reduction,
  ...shapes,
} satisfies RuleTable;

/** Backward-rule tables by name; 'gradient' is the ordinary one. */
export const tables = {
  gradient,
  guided: guided(gradient),
  deconv: deconv(gradient),
} satisfies Record<string, RuleTable>;
