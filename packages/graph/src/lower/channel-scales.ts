import type { GraphBuilder } from '../builder/build.js';
import { useCounts } from '../ir/scope.js';
import type { Graph } from '../ir/types.js';
import { type NodeRule, rewriteOps } from '../rewrite/rewrite.js';

/**
 * A convolution times a mask times a constant for each channel (the scale of a normalisation): the constant comes before the mask. ONNX
 * Runtime then multiplies the kernel by it when it opens the model, and one pass over the cotangent less is made.
 *
 * Done where nothing else reads the convolution and its product with the mask.
 */
export function channelScales(graph: Graph): Graph {
  const uses = useCounts(graph);
  const isOnly = (name: string): boolean => uses.get(name) === 1;
  const scaled: NodeRule = ({ inputs: [x, y] }, b) => {
    const [product, scale] = b.constantOf(x) === undefined ? [x, y] : [y, x];
    const { op, domain, inputs: factors = [] } = b.makerOf(product) ?? {};
    if (op !== 'Mul' || domain !== '' || !isOnly(product)) return undefined;
    const convolved = factors.find((name) => isOnly(name) && b.makerOf(name)?.op === 'Conv');
    const mask = factors.find((name) => name !== convolved);
    if (convolved === undefined || mask === undefined || b.constantOf(mask) !== undefined) return undefined;
    if (!isSame(b, convolved, product) || !isScale(b, scale, b.rank(product))) return undefined;
    return [b.emit('Mul', [b.emit('Mul', [convolved, scale]), mask])];
  };
  return rewriteOps(graph, { Mul: scaled });
}

/** Whether a value is a constant that has one number for each channel of [N, C, ...] of a rank. */
function isScale(b: GraphBuilder, name: string, rank: number): boolean {
  const dims = b.constantOf(name)?.dims;
  return dims?.every((size, i) => size === 1 || rank - dims.length + i === 1) ?? false;
}

const isSame = (b: GraphBuilder, x: string, y: string): boolean =>
  JSON.stringify(b.typeOf(x)?.dims) === JSON.stringify(b.typeOf(y)?.dims);
