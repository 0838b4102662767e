import { assembleTiles, channelsFirst, channelsLast } from '../autodiff/rules/window-tiles.js';
import type { GraphBuilder } from '../builder/build.js';
import { type MathBuilder, mathBuilder } from '../builder/math-builder.js';
import { attributesOf } from '../ir/attributes.js';
import { isOp } from '../ir/ops.js';
import type { Graph, Node } from '../ir/types.js';
import { prune } from '../rewrite/prune.js';
import { type NodeRule, rewriteOps } from '../rewrite/rewrite.js';

/**
 * DepthToSpace of parts that are joined along the channels, as the backward pass of a pool has it: the parts are computed and interleaved
 * with the channels last. ONNX Runtime changes to that layout when it leaves the blocked one, and moves whole rows of channels faster than
 * DepthToSpace moves single numbers: without this pass the gradient of a small network of plain convolutions takes 1.2 to 1.5 times as long
 * (`tsx bench/spellings.ts --only "MaxPool 2x2"`).
 */
export function joinedTiles(graph: Graph): Graph {
  const rewritten = rewriteOps(graph, { DepthToSpace: interleaved });
  return rewritten === graph ? graph : prune(rewritten);
}

const interleaved: NodeRule = (node, given) => {
  const joined = given.makerOf(node.inputs[0]);
  const { blocksize, mode } = attributesOf(node, 'DepthToSpace');
  if (mode !== 'DCR' || !isJoined(given, joined, blocksize)) return undefined;
  const b = mathBuilder(given);
  const moved = mover(b, given);
  const [channels, rows, columns] = b.dims(joined.inputs[0]).slice(1).map(Number);
  const parts = joined.inputs.map((part) => b.reshape(moved(part), [-1, rows, columns, channels]));
  return [channelsFirst(b, assembleTiles(b, parts, [blocksize, blocksize]))];
};

/** Whether a node joins one part for each element of a block, all of the same known size but for the batch. */
function isJoined(b: GraphBuilder, node: Node | undefined, blocksize: number): node is Node {
  if (node?.op !== 'Concat' || node.domain !== '' || attributesOf(node, 'Concat').axis !== 1) return false;
  const sizes = node.inputs.map((name) => b.typeOf(name)?.dims?.slice(1).join());
  const [size, ...others] = sizes;
  return (
    node.inputs.length === blocksize ** 2 &&
    size !== undefined &&
    size.split(',').every((each) => Number.isInteger(Number(each))) &&
    others.every((other) => other === size)
  );
}

/**
 * Returns a function that gives values as matrices with the channels last. Parts of a cotangent are computed anew from what they are parts
 * of. Without the matrices ONNX Runtime moves transpositions from the values that are compared to the masks, and runs them for each image.
 */
function mover(b: MathBuilder, { makerOf }: Pick<GraphBuilder, 'makerOf'>): (x: string) => string {
  const known = new Map<string, string>();
  const isMask = (name: string): boolean => {
    const cast = makerOf(name);
    return cast?.op === 'Cast' && makerOf(cast.inputs[0])?.op === 'Equal';
  };
  const move = (x: string): string => {
    const found = known.get(x) ?? computed(x);
    known.set(x, found);
    return found;
  };
  const computed = (x: string): string => {
    const { op = '', inputs = [], attributes } = makerOf(x) ?? {};
    const isPart = op === 'Sub' || op === 'Equal' || isMask(x) || (op === 'Mul' && inputs.some(isMask));
    const hasSizesOf = (input: string): boolean => String(b.dims(input)) === String(b.dims(x));
    return isPart && isOp(op, '') && inputs.every(hasSizesOf)
      ? b.emit(op, inputs.map(move), attributes)
      : b.reshape(channelsLast(b, x), [-1, Number(b.dims(x)[1])]);
  };
  return move;
}
