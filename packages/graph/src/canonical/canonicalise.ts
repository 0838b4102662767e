import type { Graph } from '../ir/types.js';
import { inline } from '../rewrite/inline.js';
import { prune } from '../rewrite/prune.js';
import { toCanonicalOps } from './canonical-ops.js';
import { constantNodesToInitialisers } from './constant-nodes.js';
import { normaliseFlags } from './flags.js';
import { fold } from './fold/fold.js';
import { reconcileOutputDims } from './output-dims.js';
import { explicitPadding } from './padding.js';
import { decomposeReverseSequence } from './reverse-sequence.js';
import { simplify } from './simplify.js';

/** The passes that make a graph canonical, in order. */
const REWRITES: readonly ((graph: Graph) => Graph)[] = [
  inline,
  normaliseFlags,
  constantNodesToInitialisers,
  toCanonicalOps,
  fold,
  decomposeReverseSequence,
  simplify,
  explicitPadding,
  prune,
  reconcileOutputDims,
];

/**
 * Rewrites a model into canonical form. Every node is then an operator of {@link OPS} as opset 18 defines it (or the file's own opset, if
 * newer), or a foreign operator. Local functions are inlined, constants folded, paddings explicit, and nodes without effect removed.
 * Outputs keep their names and values. Inner values that still exist keep their names. The dims of outputs are the declared ones where
 * shape inference does not contradict them. Runs in time linear in the size of the graph and does not copy large constants.
 *
 * Throws `shape-mismatch`, `type-mismatch` or `model-invalid` for a graph that contradicts itself and `model-unsupported`
 * for one exported for training.
 */
export function canonicalise(graph: Graph): Graph {
  return REWRITES.reduce((result, rewrite) => rewrite(result), graph);
}
