import { attr } from '../../builder/builder.js';
import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { numbersOf } from '../../ir/constant.js';
import { cumProd } from './cumulative-product.js';
import { distributeMean } from './pool.js';
import { type RuleContext, type RuleEntry, zero } from './rule.js';

/** Backward rules of reductions. Tied extremes share the cotangent equally. */
export const reduction = {
  ArgMax: zero,
  ArgMin: zero,
  CumProd: cumProd,
  CumSum: (b, { node, inputs: [, axis] }, dy) => [
    b.emit('CumSum', [dy, axis], {
      ...node.attributes,
      reverse: attr.int(attributesOf(node, 'CumSum').reverse ? 0 : 1),
    }),
  ],
  NonMaxSuppression: zero,
  // y = sum |x|: dx = dy sign(x).
  ReduceL1: (b, step, dy) => [b.mul(restoreAxes(b, step, dy), b.sign(step.inputs[0]))],
  // y = |x|: dx = dy x / y, and 0 at x = 0.
  ReduceL2: (b, step, dy) => {
    const [x] = step.inputs;
    const norm = restoreAxes(b, step, step.outputs[0]);
    const origin = b.compare('Equal', norm, 0);
    const unit = b.div(restoreAxes(b, step, dy), b.where(origin, 1, norm));
    return [b.mul(b.where(origin, 0, unit), x)];
  },
  // y = log s with s = sum x: dx = dy / s.
  ReduceLogSum: (b, step, dy) => {
    const sum = b.emit('ReduceSum', step.inputs, step.node.attributes);
    return [b.expand(restoreAxes(b, step, b.div(dy, sum)), step.inputs[0])];
  },
  // y = log sum exp(x): dx = dy exp(x - y).
  ReduceLogSumExp: (b, step, dy) => {
    const share = b.map('Exp', b.sub(step.inputs[0], restoreAxes(b, step, step.outputs[0])));
    return [b.mul(restoreAxes(b, step, dy), share)];
  },
  ReduceMax: (b, step, dy) => [extremum(b, step, dy)],
  ReduceMean: (b, step, dy) => {
    const axes = axesOf(b, step);
    const [x] = step.inputs;
    if (axes !== undefined) return [distributeMean(b, restoreAxes(b, step, dy), { like: x, axes })];
    const ratio = b.div(b.cast(b.map('Size', x), b.dtype(x)), b.cast(b.map('Size', dy), b.dtype(x)));
    return [b.expand(b.div(restoreAxes(b, step, dy), ratio), x)];
  },
  ReduceMin: (b, step, dy) => [extremum(b, step, dy)],
  ReduceProd: (b, step, dy) => [productBackward(b, step, dy)],
  ReduceSum: (b, step, dy) => [b.expand(restoreAxes(b, step, dy), step.inputs[0])],
  ReduceSumSquare: (b, step, dy) => [b.mul(restoreAxes(b, step, dy), b.mul(step.inputs[0], 2))],
  // The cotangents of the values go to the indices that the values came from.
  TopK: (b, { inputs: [x], outputs: [, chosen], node, inputs }, dy) => {
    const indices = chosen || b.emitMany('TopK', inputs, 2, node.attributes)[1];
    const axis = node.attributes.axis ?? attr.int(-1);
    return [b.emit('ScatterElements', [b.zeros(x), indices, dy], { axis })];
  },
} as const satisfies Record<string, RuleEntry>;

type Axes = readonly number[];

/** Returns the reduced axes, not negative; undefined if they are computed in the graph. */
export function axesOf(b: MathBuilder, { node, inputs: [x, axes] }: RuleContext): Axes | undefined {
  const all = b.others(x, []);
  if (!axes) return attributesOf(node, 'ReduceSum').noop_with_empty_axes ? [] : all;
  const given = b.constantOf(axes);
  if (given === undefined) return undefined;
  if (given.data.length === 0) return attributesOf(node, 'ReduceSum').noop_with_empty_axes ? [] : all;
  return Array.from(numbersOf(given), (axis) => (axis + all.length) % all.length);
}

/** Restores the reduced axes of a value, with size 1. */
function restoreAxes(b: MathBuilder, step: RuleContext, reduced: string): string {
  if (attributesOf(step.node, 'ReduceSum').keepdims) return reduced;
  const axes = axesOf(b, step);
  return axes === undefined ? b.emit('Unsqueeze', [reduced, step.inputs[1]]) : b.unsqueeze(reduced, axes);
}

/** Sums x over the reduced axes and keeps them with size 1. */
function sumKeepingAxes(b: MathBuilder, step: RuleContext, x: string): string {
  return b.emit('ReduceSum', [x, ...step.inputs.slice(1)], {
    ...step.node.attributes,
    keepdims: attr.int(1),
  });
}

/** ReduceMax and ReduceMin: divides the cotangent equally among the elements that equal the result. */
function extremum(b: MathBuilder, step: RuleContext, dy: string): string {
  const [x] = step.inputs;
  const attained = b.mask(b.compare('Equal', x, restoreAxes(b, step, step.outputs[0])), dy);
  return b.mul(attained, b.div(restoreAxes(b, step, dy), sumKeepingAxes(b, step, attained)));
}

/**
 * y = product of x: dx[i] = dy times the product of the other elements. y / x[i] would be wrong where x[i] = 0.
 */
function productBackward(b: MathBuilder, step: RuleContext, dy: string): string {
  const [x] = step.inputs;
  const axes = axesOf(b, step);
  if (axes === undefined) {
    return step.refuse('its axes are computed in the graph', 'Export the model with constant axes.');
  }
  if (axes.length === 0) return dy;
  const order = [...b.others(x, axes), ...axes];
  const rest = b.others(x, axes).map((axis) => ({ of: x, axis }));
  const rows = b.reshape(b.transpose(x, order), [...rest, -1]);
  const others = productOfOthers(b, rows);
  const moved = b.reshapeLike(others, b.transpose(x, order));
  return b.mul(restoreAxes(b, step, dy), b.transpose(moved, inversePermutation(order)));
}

/**
 * [..., n] -> [..., n]: element i is the product of all others along the last axis, that is, of row i of a square with 1 on its diagonal.
 */
function productOfOthers(b: MathBuilder, rows: string): string {
  const last = b.rank(rows) - 1;
  const size = { of: rows, axis: last };
  const eye = b.emit('EyeLike', [b.emit('Expand', [b.scalar(0, rows), b.sizes([size, size])])]);
  const square = b.where(b.cast(eye, 'bool'), 1, b.unsqueeze(rows, [last]));
  return b.emit('ReduceProd', [square, b.ints([last + 1])], { keepdims: attr.int(0) });
}

/** Returns the inverse of a permutation. */
export const inversePermutation = (permutation: readonly number[]): number[] =>
  permutation.map((_, axis) => permutation.indexOf(axis));
