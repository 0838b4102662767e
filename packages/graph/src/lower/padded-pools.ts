import type { GraphBuilder } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { mathBuilder } from '../builder/math-builder.js';
import { attributesOf } from '../ir/attributes.js';
import type { Graph, Node } from '../ir/types.js';
import { type NodeRule, rewriteOps } from '../rewrite/rewrite.js';

/**
 * Pools of means that read what a Pad made larger by at least their kernel, as the gradient of a crop after a nearest Resize has them: they
 * get `auto_pad` VALID and no padding of their own. ONNX Runtime 1.29 merges the Pad with other pools, and then refuses the padding, which
 * has to be smaller than the kernel (`padded-pools.test.ts` opens both spellings).
 */
export const paddedPools = (graph: Graph): Graph => rewriteOps(graph, { AveragePool: apart });

const apart: NodeRule = (node, given) => {
  const {
    auto_pad,
    ceil_mode,
    count_include_pad,
    kernel_shape,
    pads: own = [],
  } = attributesOf(node, 'AveragePool');
  const rank = kernel_shape.length;
  const added = padsBefore(node, given, rank);
  const total = added?.map((pad, i) => pad + (own[i] ?? 0)) ?? [];
  const isRefused = total.some((pad, i) => pad >= kernel_shape[i % rank]);
  const hasNone = own.every((pad) => pad === 0);
  if (!isRefused || auto_pad !== 'NOTSET' || ceil_mode || !(hasNone || count_include_pad)) return undefined;
  const b = mathBuilder(given);
  const [x] = node.inputs;
  const padded = hasNone ? x : b.pad(x, [0, 0, ...own.slice(0, rank)], [0, 0, ...own.slice(rank)]);
  const { pads: _, ...others } = node.attributes;
  return [b.emit('AveragePool', [padded], { ...others, auto_pad: attr.string('VALID') })];
};

/** What a Pad before a pool, also before a Cast, adds along the spatial axes: first at their beginnings, then at their ends. */
function padsBefore(
  node: Node,
  { constantOf, makerOf }: GraphBuilder,
  rank: number,
): readonly number[] | undefined {
  const maker = makerOf(node.inputs[0]);
  const pad = maker?.op === 'Cast' ? makerOf(maker.inputs[0]) : maker;
  if (pad?.op !== 'Pad' || pad.domain !== '') return undefined;
  const data = constantOf(pad.inputs[1])?.data;
  if (!(data instanceof BigInt64Array) || data.length !== 2 * rank + 4) return undefined;
  const numbers = Array.from(data, Number);
  return [...numbers.slice(2, rank + 2), ...numbers.slice(rank + 4)];
}
