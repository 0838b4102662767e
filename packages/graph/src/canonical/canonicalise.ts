import type { Graph } from '../ir/types.js';
import { inline } from '../rewrite/inline.js';
import { prune } from '../rewrite/prune.js';
import { constants } from './constants.js';
import { normaliseFlags } from './flags.js';
import { fold } from './fold.js';
import { modernise } from './modernise.js';
import { explicitPadding } from './padding.js';
import { reverse } from './reverse.js';
import { settledOutputs } from './settled-outputs.js';
import { simplify } from './simplify.js';

/** The rewrites that make a graph canonical, in order. */
const REWRITES: readonly ((graph: Graph) => Graph)[] = [
  inline,
  normaliseFlags,
  constants,
  modernise,
  fold,
  reverse,
  simplify,
  explicitPadding,
  prune,
  settledOutputs,
];

/**
 * The same model in canonical form: every node is an operator of {@link OPS} in the spelling of opset 18 (or the file's
 * own, if newer) or a black box; local functions are inlined, constants folded, paddings explicit and nodes that do
 * nothing gone. Outputs keep their names and values, inner values their names where they still exist; the dims of outputs are
 * what the file declares
 * as far as the nodes bear it out. Linear in the size
 * of the graph; large constants are not copied.
 *
 * Throws `shape-mismatch`, `type-mismatch` or `model-invalid` for a graph that contradicts itself and `model-unsupported`
 * for one exported for training.
 */
export function canonicalise(graph: Graph): Graph {
  return REWRITES.reduce((result, rewrite) => rewrite(result), graph);
}
