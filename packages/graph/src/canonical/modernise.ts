import { isOp } from '../ir/ops.js';
import type { Graph, Node } from '../ir/types.js';
import { nodesWithin } from '../ir/walk.js';
import type { OpRewrites } from '../rewrite/op-rewrite.js';
import { rewrite } from '../rewrite/rewrite.js';
import { contrib } from './contrib.js';
import { decompositions } from './decompositions.js';
import { linearModels } from './machine-learning/linear.js';
import { axes } from './upgrade/axes.js';
import { broadcast } from './upgrade/broadcast.js';
import { control } from './upgrade/control.js';
import { resizing } from './upgrade/resize.js';
import { softmax } from './upgrade/softmax.js';
import { training } from './upgrade/training.js';

/** The opset whose spelling the canonical form uses, unless the file's is newer. */
export const CANONICAL_OPSET = 18;

/** Respellings by domain and operator. */
export const opRewrites: Readonly<Record<string, OpRewrites>> = {
  '': { ...axes, ...broadcast, ...control, ...resizing, ...softmax, ...training, ...decompositions },
  'ai.onnx.ml': linearModels,
  'com.microsoft': contrib,
};

/** Attributes that the first opsets had everywhere and later ones refuse. */
const GONE = ['consumed_inputs', 'is_test', 'output_sequence'];

/** Every node in the spelling of opset 18 (or the file's own, if newer), and composite operators in terms of plain ones. */
export function modernise(graph: Graph): Graph {
  const from = graph.opsets[''] ?? CANONICAL_OPSET;
  const opsets = { ...graph.opsets, '': Math.max(from, CANONICAL_OPSET) };
  const lifted = rewrite({ ...graph, opsets }, (given, b) => {
    const node = from < 7 ? withoutOldAttributes(given) : given;
    const version = graph.opsets[node.domain] ?? from;
    const results = opRewrites[node.domain]?.[node.op]?.(node, b, version);
    if (results !== undefined || node === given) return results;
    b.append(node);
    return node.outputs;
  });
  return { ...lifted, opsets: used(lifted) };
}

function withoutOldAttributes(node: Node): Node {
  const entries = Object.entries(node.attributes).filter(([name]) => !GONE.includes(name));
  return { ...node, attributes: Object.fromEntries(entries) };
}

const hasForeign = (nodes: readonly Node[]): boolean =>
  nodesWithin(nodes).some(({ op, domain }) => !isOp(op, domain));

/** Opsets of the domains that are still there. */
function used({ opsets, nodes }: Graph): Graph['opsets'] {
  return hasForeign(nodes) ? opsets : { '': opsets[''] ?? CANONICAL_OPSET };
}
