import { wordsIn } from '../infer/dim.js';
import type { Typing } from '../infer/typing.js';
import { isOp } from '../ir/ops.js';
import { usesOf } from '../ir/scope.js';
import type { Node } from '../ir/types.js';

/** Inputs of operators that say sizes or positions, which decide where elements are and not what they are. */
const SIZES: Readonly<Record<string, readonly number[]>> = {
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
 * Names of values whose numbers depend on how many rows run together: what Shape and Size tell of the size `symbol`, and what is computed
 * of that, such as the position of each row.
 */
export function countsOfRows(nodes: readonly Node[], typing: Typing, symbol: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const node of nodes) {
    if (!readsShape(node) && !numbersRead(node).some((name) => found.has(name))) continue;
    for (const name of node.outputs) if (tellsOf(name, typing, symbol)) found.add(name);
  }
  return found;
}

/** Names whose numbers go into the numbers of a node's outputs. */
export function numbersRead(node: Node): readonly string[] {
  const sizes = isOp(node.op, node.domain) ? SIZES[node.op] : undefined;
  if (sizes === undefined) return usesOf(node);
  return node.inputs.filter((_, input) => !sizes.includes(input));
}

/** Whether a node reads only the shape of its input. */
export const readsShape = ({ op, domain }: Node): boolean =>
  domain === '' && (op === 'Shape' || op === 'Size');

/** Elements that are not known may have to do with the symbol. */
function tellsOf(name: string, typing: Typing, symbol: string): boolean {
  const elements = typing.elementsOf(name);
  return elements?.every((each) => each !== undefined && !wordsIn(each).has(symbol)) !== true;
}
