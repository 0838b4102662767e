import { mathBuilder } from '../builder/math-builder.js';
import type { Graph } from '../ir/types.js';
import { type NodeRule, rewriteOps } from '../rewrite/rewrite.js';
import { asConv, transposedConvOf } from './transposed-conv.js';

/**
 * ConvTranspose with three spatial axes: a Conv with the adjoint kernel. ONNX Runtime's WebGPU provider takes such a ConvTranspose when it
 * opens a model and fails when it runs it (1.29 and 1.30); it runs a Conv with three spatial axes. Spatial sizes must be known where a
 * stride is larger than 1; otherwise the node stays, and `runtime` leaves it to the CPU (`providers/webgpu.ts`).
 */
export const convTranspose3d = (graph: Graph): Graph =>
  rewriteOps(graph, { ConvTranspose: inThreeDimensions });

const inThreeDimensions: NodeRule = (node, given) => {
  const b = mathBuilder(given);
  const transposed = transposedConvOf(b, node);
  const conv = transposed?.window.length === 3 ? asConv(b, transposed) : undefined;
  return conv === undefined ? undefined : [conv];
};
