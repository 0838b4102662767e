import { OnnxplainError, own } from '@onnxplain/core';
import { isOp } from '../ir/ops.js';
import type { Graph, Node } from '../ir/types.js';
import { nodesWithin } from '../ir/walk.js';
import type { OpRewrite, OpRewrites } from '../rewrite/op-rewrite.js';
import { rewrite } from '../rewrite/rewrite.js';
import { linearModels } from './decompose/linear-models.js';
import { microsoftOps } from './decompose/microsoft.js';
import { standardOps } from './decompose/standard.js';
import { supportVectors } from './decompose/support-vectors.js';
import { attributesToInputs } from './upgrade/attributes-to-inputs.js';
import { broadcast } from './upgrade/broadcast.js';
import { control } from './upgrade/control.js';
import { resizing } from './upgrade/resize.js';
import { softmax } from './upgrade/softmax.js';
import { training } from './upgrade/training.js';

/** The opset of the canonical form, unless the file's is newer. */
export const CANONICAL_OPSET = 18;

/** Rewrites by domain and operator. */
export const opRewrites: Readonly<Record<string, OpRewrites>> = {
  '': {
    ...attributesToInputs,
    ...broadcast,
    ...control,
    ...resizing,
    ...softmax,
    ...training,
    ...standardOps,
  },
  'ai.onnx.ml': { ...linearModels, ...supportVectors },
  'com.microsoft': microsoftOps,
};

/** Attributes that opsets before 7 allowed on many operators and later opsets refuse. */
const REMOVED_ATTRIBUTES = ['consumed_inputs', 'is_test', 'output_sequence'];

/**
 * Upgrades every node to opset 18 (or keeps the file's own, if newer), and decomposes composite operators and operators of other domains
 * into those of the canonical form.
 */
export function toCanonicalOps(graph: Graph): Graph {
  const from = graph.opsets[''] ?? CANONICAL_OPSET;
  const opsets = { ...graph.opsets, '': Math.max(from, CANONICAL_OPSET) };
  const rewritten = rewrite({ ...graph, opsets }, (given, b) => {
    const node = from < 7 ? withoutOldAttributes(given) : given;
    const version = own(graph.opsets, node.domain) ?? from;
    const rule = own(own(opRewrites, node.domain) ?? {}, node.op);
    const results =
      node.domain === '' ? rule?.(node, b, version) : unlessUntyped(() => rule?.(node, b, version));
    if (results !== undefined || node === given) return results;
    b.append(node);
    return node.outputs;
  });
  return { ...rewritten, opsets: usedOpsets(rewritten) };
}

/**
 * Calls the rewrite of an operator of another domain. Returns undefined where it needs a type or rank that is not known, so that the node
 * is kept as it is: it runs, but has no derivative. The nodes that the rewrite emitted before are dead and are pruned.
 */
function unlessUntyped(rewriteNode: () => ReturnType<OpRewrite>): ReturnType<OpRewrite> {
  try {
    return rewriteNode();
  } catch (error) {
    if (error instanceof OnnxplainError && ['value-unknown', 'shape-mismatch'].includes(error.code))
      return undefined;
    throw error;
  }
}

function withoutOldAttributes(node: Node): Node {
  const entries = Object.entries(node.attributes).filter(([name]) => !REMOVED_ATTRIBUTES.includes(name));
  return { ...node, attributes: Object.fromEntries(entries) };
}

const hasForeign = (nodes: readonly Node[]): boolean =>
  nodesWithin(nodes).some(({ op, domain }) => !isOp(op, domain));

/** Returns the opset of the standard domain alone where no foreign operator is left. */
function usedOpsets({ opsets, nodes }: Graph): Graph['opsets'] {
  return hasForeign(nodes) ? opsets : { '': opsets[''] ?? CANONICAL_OPSET };
}
