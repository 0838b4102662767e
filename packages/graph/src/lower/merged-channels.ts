import type { GraphBuilder } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { mathBuilder } from '../builder/math-builder.js';
import { attributesOf } from '../ir/attributes.js';
import type { Dims, Graph, Node } from '../ir/types.js';
import { prune } from '../rewrite/prune.js';
import { rewriteOps } from '../rewrite/rewrite.js';
import { type FloatingConstant, isFloating, LANES, rearranged } from './blocks.js';
import { ALIGNED } from './nchwc-layout.js';

/**
 * ConvTranspose of one channel on values whose channels were merged into the batch, as the gradient of a pool of means has it: with one
 * channel a group instead, and a kernel for each. The passes after this one compute that by convolutions in ONNX Runtime's blocked layout
 * of channels. Without this pass the gradient of a pool of 3 x 3 windows with a stride of 2 takes 1.2 to 1.8 times as long
 * (`tsx bench/spellings.ts --only AveragePool`).
 *
 * Done only where the kernel is constant and `pays` says so of the number of channels.
 */
export function mergedChannels(graph: Graph, pays = fillBlocks): Graph {
  const rewritten = rewriteOps(graph, { Reshape: (node, b) => apart(node, { b, pays }) });
  return rewritten === graph ? graph : prune(rewritten);
}

/** Whether channels can be in blocks and fill more than half of them. */
const fillBlocks = (channels: number): boolean => channels % ALIGNED === 0 && 2 * channels > LANES;

interface Context {
  readonly b: GraphBuilder;
  readonly pays: typeof fillBlocks;
}

function apart(node: Node, { b: given, pays }: Context): readonly string[] | undefined {
  const conv = given.makerOf(node.inputs[0]);
  if (conv?.op !== 'ConvTranspose' || conv.domain !== '' || conv.inputs.length > 2) return undefined;
  const merge = given.makerOf(conv.inputs[0]);
  const kernel = given.constantOf(conv.inputs[1]);
  if (merge?.op !== 'Reshape' || kernel === undefined || !isFloating(kernel)) return undefined;
  const [x] = merge.inputs;
  const [before, merged, convolved] = [x, ...merge.outputs, ...conv.outputs].map(
    (name) => given.typeOf(name)?.dims,
  );
  const after = given.preview(node)[0]?.dims;
  const channels = channelsOf(before, after);
  const keepsImages = sameImages(before, merged) && sameImages(convolved, after);
  const isOne =
    attributesOf(conv, 'ConvTranspose').group === 1 && kernel.dims[0] === 1 && kernel.dims[1] === 1;
  const isMerged = merged?.[1] === 1;
  if (channels === undefined || !pays(channels) || !isOne || !isMerged || !keepsImages) return undefined;
  const b = mathBuilder(given);
  const kernels = b.constant(repeated(kernel, channels), `${conv.inputs[1]}/channels`);
  return [b.emit('ConvTranspose', [x, kernels], { ...conv.attributes, group: attr.int(channels) })];
}

/** Whether two values have images of the same size, so that a Reshape between them changes rows and channels only. */
const sameImages = (a: Dims | undefined, b: Dims | undefined): boolean =>
  a !== undefined && a.length === b?.length && a.slice(2).every((size, i) => size === b[i + 2]);

/** The channels of two values with the same rows and channels. */
function channelsOf(before: Dims | undefined, after: Dims | undefined): number | undefined {
  const channels = before?.[1];
  const kept = before?.length === after?.length && before?.[0] === after?.[0] && channels === after?.[1];
  return kept && typeof channels === 'number' ? channels : undefined;
}

/** [1, 1, ...] -> [channels, 1, ...]. */
const repeated = (kernel: FloatingConstant, channels: number) =>
  rearranged(kernel, [channels, ...kernel.dims.slice(1)], ([, ...rest]) => [0, ...rest]);
