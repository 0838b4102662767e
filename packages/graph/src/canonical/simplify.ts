import { codeOf } from '@onnxplain/core';
import type { GraphBuilder } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { isUnknown } from '../infer/dim.js';
import { attributesOf } from '../ir/attributes.js';
import type { Op } from '../ir/ops.js';
import type { Dims, Graph } from '../ir/types.js';
import { appendChanged, input, trimmed } from '../rewrite/op-rewrite.js';
import { type NodeRule, rewriteOps } from '../rewrite/rewrite.js';

/** Replaces nodes without effect by their input, and removes initial states of zeros from recurrent nodes. */
export const simplify = (graph: Graph): Graph => rewriteOps(graph, SIMPLIFICATIONS);

const removed: NodeRule = (node) => [input(node, 0)];

/** Removes a node whose output has the shape of its input for every value of the symbols. */
const removedIfSameShape: NodeRule = (node, b) => {
  const x = input(node, 0);
  return same(b.typing.typeOf(x)?.dims, b.preview(node)[0]?.dims) ? [x] : undefined;
};

const removedIfUnary: NodeRule = (node) => (node.inputs.length === 1 ? [input(node, 0)] : undefined);

const cast: NodeRule = (node, b) => {
  const from = b.typing.typeOf(input(node, 0))?.dtype;
  return from !== undefined && from === b.preview(node)[0]?.dtype ? [input(node, 0)] : undefined;
};

/** CastLike becomes a Cast, because the target type is known here. */
const castLike: NodeRule = (node, b) => {
  const to = b.typing.typeOf(input(node, 1))?.dtype;
  if (to === undefined) return undefined;
  if (to === b.typing.typeOf(input(node, 0))?.dtype) return [input(node, 0)];
  return appendChanged(node, b, {
    op: 'Cast',
    inputs: [input(node, 0)],
    attributes: { to: attr.int(codeOf(to)) },
  });
};

const transpose: NodeRule = (node) => {
  const { perm } = attributesOf(node, 'Transpose');
  return perm?.every((axis, i) => axis === i) === true ? [input(node, 0)] : undefined;
};

const pad: NodeRule = (node, b) =>
  b.typing.elementsOf(input(node, 1))?.every((amount) => amount === 0) === true
    ? [input(node, 0)]
    : undefined;

/** Removes a Slice of steps 1 that keeps all elements. */
const slice: NodeRule = (node, b) => {
  const steps = input(node, 4) === '' ? [] : b.typing.elementsOf(input(node, 4));
  return steps?.every((step) => step === 1) === true ? removedIfSameShape(node, b) : undefined;
};

/** Replaces a Where whose condition has the same value everywhere by the operand that it selects. */
const where: NodeRule = (node, b) => {
  const [first, ...rest] = b.typing.elementsOf(input(node, 0)) ?? [];
  if (first === undefined || rest.some((element) => element !== first)) return undefined;
  const chosen = input(node, first === 0 ? 2 : 1);
  return same(b.typing.typeOf(chosen)?.dims, b.preview(node)[0]?.dims) ? [chosen] : undefined;
};

/** Omits initial states of zeros, which are the default, and names the output of all steps, which backward rules read. */
const recurrent: NodeRule = (node, b) => {
  const inputs = node.inputs.map((name, i) => (i >= 5 && i <= 6 && isZero(b, name) ? '' : name));
  const [all, ...last] = node.outputs;
  if (all !== '' && inputs.every((name, i) => name === node.inputs[i])) return undefined;
  b.append({ ...node, inputs: trimmed(inputs), outputs: [all || b.fresh('states'), ...last] });
  return node.outputs;
};

function isZero(b: GraphBuilder, name: string): boolean {
  const producer = b.makerOf(name);
  if (producer === undefined) return b.constantOf(name)?.data.every((v: unknown) => Number(v) === 0) === true;
  if (producer.op === 'Expand') return isZero(b, input(producer, 0));
  if (producer.op !== 'ConstantOfShape' || producer.domain !== '') return false;
  const { value } = attributesOf(producer, 'ConstantOfShape');
  return value === undefined || Number(value.data[0]) === 0;
}

const SIMPLIFICATIONS: Readonly<Partial<Record<Op, NodeRule>>> = {
  Identity: removed,
  Cast: cast,
  CastLike: castLike,
  Concat: removedIfUnary,
  Max: removedIfUnary,
  Mean: removedIfUnary,
  Min: removedIfUnary,
  Sum: removedIfUnary,
  Expand: removedIfSameShape,
  Flatten: removedIfSameShape,
  Reshape: removedIfSameShape,
  Squeeze: removedIfSameShape,
  Unsqueeze: removedIfSameShape,
  Where: where,
  Tile: removedIfSameShape,
  Transpose: transpose,
  Pad: pad,
  Slice: slice,
  GRU: recurrent,
  LSTM: recurrent,
  RNN: recurrent,
};

function same(a: Dims | undefined, b: Dims | undefined): boolean {
  if (a === undefined || a.length !== b?.length) return false;
  return a.every((dim, i) => dim === b[i] && !isUnknown(dim));
}
