import { attributesOf } from '../ir/attributes.js';
import { useCounts } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import { prune } from '../rewrite/prune.js';
import { type NodeRule, rewriteOps } from '../rewrite/rewrite.js';

/**
 * Moves an average pool before the pointwise convolution that only it reads, as in the transitions of DenseNet, so that the convolution and
 * its adjoint run on fewer positions. Both are linear, and a mean leaves a bias as it is: values change by the rounding of sums in another
 * order. Done for pools without padding that have a stride, and for global ones. Outputs of the graph and values in `kept` are not moved.
 */
export function averageBeforeConv(graph: Graph, kept: ReadonlySet<string> = new Set()): Graph {
  let uses: ReadonlyMap<string, number> | undefined;
  const swap: NodeRule = (node, b) => {
    const [convolved = ''] = node.inputs;
    const conv = b.makerOf(convolved);
    if (conv === undefined || !isPointwise(conv, b.typeOf(conv.inputs[1])?.dims) || !isPlain(node))
      return undefined;
    uses ??= useCounts(graph, kept);
    if (uses.get(convolved) !== 1) return undefined;
    const [x, ...weights] = conv.inputs;
    const pooled = b.emit(node.op === 'AveragePool' ? node.op : 'GlobalAveragePool', [x], node.attributes);
    return [b.emit('Conv', [pooled, ...weights], conv.attributes)];
  };
  const moved = rewriteOps(graph, { AveragePool: swap, GlobalAveragePool: swap });
  return moved === graph ? graph : prune(moved);
}

/** Whether a node is a convolution of single elements without padding and strides. */
function isPointwise(node: Node, kernel: readonly unknown[] | undefined): boolean {
  if (node.op !== 'Conv' || node.domain !== '') return false;
  const { strides = [], pads = [] } = attributesOf(node, 'Conv');
  const taps = kernel?.slice(2) ?? [undefined];
  return (
    taps.every((size) => size === 1) &&
    strides.every((stride) => stride === 1) &&
    pads.every((pad) => pad === 0)
  );
}

/** Whether a pool is global, or takes windows that all have the same number of elements, and fewer windows than elements. */
function isPlain(node: Node): boolean {
  if (node.op === 'GlobalAveragePool') return true;
  const { auto_pad, ceil_mode, strides = [], pads = [] } = attributesOf(node, 'AveragePool');
  const whole =
    (auto_pad === 'NOTSET' || auto_pad === 'VALID') && !ceil_mode && pads.every((pad) => pad === 0);
  return whole && strides.some((stride) => stride > 1);
}
