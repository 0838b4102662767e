import { wordsIn } from '../infer/dim.js';
import type { Typing } from '../infer/typing.js';
import { isOp } from '../ir/ops.js';
import { usesOf } from '../ir/scope.js';
import type { Node } from '../ir/types.js';

/** Inputs that give sizes or positions, by operator: they decide where elements go, not their numbers. */
const SHAPE_INPUTS: Readonly<Record<string, readonly number[]>> = {
  ConstantOfShape: [0],
  Expand: [1],
  Pad: [1, 3],
  Reshape: [1],
  Resize: [1, 2, 3],
  Slice: [1, 2, 3, 4],
  Split: [1],
  Tile: [1],
};

/**
 * Returns the names of the values whose numbers depend on how many rows run together: the size `symbol` where Shape or Size reads it, and
 * all that is computed from it, such as the position of each row.
 */
export function valuesOfRowCount(
  nodes: readonly Node[],
  typing: Typing,
  symbol: string,
): ReadonlySet<string> {
  const found = new Set<string>();
  for (const node of nodes) {
    if (!readsShape(node) && !dataInputsOf(node).some((name) => found.has(name))) continue;
    for (const name of node.outputs) if (mayHoldSymbol(name, typing, symbol)) found.add(name);
  }
  return found;
}

/** Returns the inputs of a node whose numbers its outputs are computed from, without those that only give sizes. */
export function dataInputsOf(node: Node): readonly string[] {
  const sizes = isOp(node.op, node.domain) ? SHAPE_INPUTS[node.op] : undefined;
  if (sizes === undefined) return usesOf(node);
  return node.inputs.filter((_, input) => !sizes.includes(input));
}

/** Whether a node reads only the shape of its input. */
export const readsShape = ({ op, domain }: Node): boolean =>
  domain === '' && (op === 'Shape' || op === 'Size');

/** Whether an element of a value may contain the symbol; elements that are not known may. */
function mayHoldSymbol(name: string, typing: Typing, symbol: string): boolean {
  const elements = typing.elementsOf(name);
  return elements?.every((each) => each !== undefined && !wordsIn(each).has(symbol)) !== true;
}
