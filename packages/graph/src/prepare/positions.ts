import { attributesOf } from '../ir/attributes.js';
import { isIn } from '../ir/ops.js';
import type { Dims, Node } from '../ir/types.js';

/** One position along an axis of a value; a negative index counts from the end. */
export interface Position {
  readonly axis: number;
  readonly index: number;
}

/** What is needed of a value: one position, or all of it. */
export type NeededPart = Position | 'all';

/**
 * Returns what a node needs of each input for one position of its only output. Undefined if it may need several positions of an input for
 * which the output has one, and where shapes are not known.
 */
export function needsOfPosition(
  node: Node,
  position: Position,
  dimsOf: (name: string) => Dims | undefined,
): readonly NeededPart[] | undefined {
  const inputs = node.inputs.map((name) => (name === '' ? [] : dimsOf(name)));
  const output = dimsOf(node.outputs[0]);
  const known = inputs.flatMap((dims) => (dims === undefined ? [] : [dims]));
  if (output === undefined || known.length < inputs.length || node.domain !== '') return undefined;
  return needsOf(node, { position, inputs: known, output });
}

interface Shapes {
  readonly position: Position;
  readonly inputs: readonly Dims[];
  readonly output: Dims;
}

function needsOf(node: Node, { position, inputs, output }: Shapes): readonly NeededPart[] | undefined {
  const { axis } = position;
  const first = (there: number) =>
    node.inputs.map((_, i): NeededPart => (i === 0 ? { ...position, axis: there } : 'all'));
  const behind = (start: number) => (start < 0 ? start + output.length : start);
  if (isIn(node, 'unary', 'arithmetic')) return needsOfElementwise({ position, inputs, output });
  switch (node.op) {
    case 'LayerNormalization':
      return axis < behind(attributesOf(node, 'LayerNormalization').axis) ? first(axis) : undefined;
    case 'Softmax':
      return axis === behind(attributesOf(node, 'Softmax').axis) ? undefined : first(axis);
    case 'MatMul':
      return isRowOf({ position, inputs, output })
        ? first(axis + inputs[0].length - output.length)
        : undefined;
    case 'Transpose': {
      const { perm } = attributesOf(node, 'Transpose');
      return first(perm?.[axis] ?? output.length - 1 - axis);
    }
    case 'Reshape':
      return keepsLeadingAxes(axis, inputs[0], output) ? first(axis) : undefined;
    default:
      return undefined;
  }
}

/** Inputs that are broadcast along the axis are needed whole. */
function needsOfElementwise({ position, inputs, output }: Shapes): readonly NeededPart[] | undefined {
  const needs = inputs.map((dims): NeededPart | undefined => {
    const axis = position.axis + dims.length - output.length;
    if (axis < 0 || (dims[axis] === 1 && output[position.axis] !== 1)) return 'all';
    return dims[axis] === output[position.axis] ? { ...position, axis } : undefined;
  });
  return needs.every((need) => need !== undefined) ? needs : undefined;
}

/** Whether a position of a matrix product is a row, or lies along a batch axis of the left matrices, which share the right one. */
function isRowOf({ position: { axis }, inputs: [left, right], output }: Shapes): boolean {
  const rows = output.length - 2;
  if (left.length < 2 || right.length < 2) return false;
  return axis === rows || (axis < rows && right.length === 2);
}

/** Whether a Reshape changes only axes behind one, to sizes that are known. */
const keepsLeadingAxes = (axis: number, from: Dims, to: Dims): boolean =>
  from.slice(0, axis + 1).join() === to.slice(0, axis + 1).join() &&
  to.length > axis &&
  to.slice(axis + 1).every((size) => typeof size === 'number');
