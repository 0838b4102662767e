import type { GraphBuilder } from '../../builder/build.js';
import { subtractDims } from '../../infer/dim.js';
import type { Elements } from '../../infer/site.js';
import type { Dim, Node } from '../../ir/types.js';
import { appendChanged, input } from '../../rewrite/op-rewrite.js';

/** A Slice bound that stands for the end of the axis. */
const END = 2 ** 31 - 1;

/** Replaces computed arguments of Reshape and Slice by constants with the same meaning for every value of the symbols. */
export function constantShapeArguments(node: Node, b: GraphBuilder): readonly string[] | undefined {
  if (node.op === 'Reshape') return reshape(node, b);
  return node.op === 'Slice' ? slice(node, b) : undefined;
}

/** Handles targets whose sizes are numbers, sizes of the input on the same axis (0), and at most one other (-1). */
function reshape(node: Node, b: GraphBuilder): readonly string[] | undefined {
  const [x, target] = [input(node, 0), input(node, 1)];
  if (b.constantOf(target) !== undefined) return undefined;
  const from = b.typing.typeOf(x)?.dims;
  const to = b.preview(node)[0]?.dims;
  if (to === undefined || b.typing.elementsOf(target) === undefined || to.includes(0)) return undefined;
  const constant = constantTarget(to, from ?? []);
  return (
    constant &&
    appendChanged(node, b, { inputs: [x, b.ints(constant)], attributes: { allowzero: undefined } })
  );
}

/** Returns a constant Reshape target for these sizes; undefined where more than one of them would need a -1. */
export function constantTarget(to: readonly Dim[], from: readonly Dim[]): readonly number[] | undefined {
  const symbolic = to.filter((dim) => typeof dim === 'string').length;
  let inferred = 0;
  const target = to.map((dim, i) => {
    if (typeof dim === 'number') return dim;
    // A single symbol is always -1, so that the Reshape stays right where the exporter fixed that size elsewhere.
    if (symbolic > 1 && dim === from[i]) return 0;
    inferred++;
    return -1;
  });
  return inferred <= 1 ? target : undefined;
}

/** Handles bounds that are numbers, the size of the axis, or counted from the end. */
function slice(node: Node, b: GraphBuilder): readonly string[] | undefined {
  const [x = '', starts = '', ends = '', axes = ''] = node.inputs;
  if (b.constantOf(starts) !== undefined && b.constantOf(ends) !== undefined) return undefined;
  const dims = b.typing.typeOf(x)?.dims;
  const from = b.typing.elementsOf(starts);
  const to = b.typing.elementsOf(ends);
  const on = axes === '' ? from?.map((_, i) => i) : b.typing.elementsOf(axes);
  if (dims === undefined || from === undefined || to === undefined || on === undefined) return undefined;
  const sizes = on.map((axis) => (typeof axis === 'number' ? dims.at(axis) : undefined));
  const [first, last] = [bounds(from, sizes), bounds(to, sizes)];
  if (first === undefined || last === undefined) return undefined;
  return appendChanged(node, b, { inputs: [x, b.ints(first), b.ints(last), ...node.inputs.slice(3)] });
}

/** Returns every bound as a number: the number itself, {@link END}, or a negative distance from the end. */
function bounds(elements: Elements, sizes: readonly (Dim | undefined)[]): readonly number[] | undefined {
  const list = elements.map((element, i) => {
    if (typeof element === 'number') return element;
    const size = sizes[i];
    if (element === undefined || size === undefined) return undefined;
    const past = subtractDims(element, size);
    return typeof past === 'number' ? (past >= 0 ? END : past) : undefined;
  });
  return list.every((bound) => bound !== undefined) ? list : undefined;
}
