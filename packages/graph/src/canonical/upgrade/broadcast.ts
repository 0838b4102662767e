import { codeOf, dataTypes } from '@onnxplain/core';
import type { GraphBuilder } from '../../builder/build.js';
import { attr } from '../../builder/builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { appendChanged, below, input, type OpRewrite, type OpRewrites } from '../../rewrite/op-rewrite.js';

/** Before opset 7, `broadcast=1` aligned the first axis of the second operand with `axis` of the first, by default at the end. */
const alignOperand: OpRewrite = (node, b) => {
  const [x, y] = [input(node, 0), input(node, 1)];
  const { axis, broadcast: aligned } = attributesOf(node, 'Add-1');
  const other = aligned === 0 || axis === undefined ? y : alignedAt(b, { x, y, axis });
  return appendChanged(node, b, {
    inputs: [x, other],
    attributes: { broadcast: undefined, axis: undefined },
  });
};

/** Appends axes of size 1 to y so that its first axis meets axis `axis` of x. */
function alignedAt(b: GraphBuilder, { x, y, axis }: { x: string; y: string; axis: number }): string {
  const first = axis < 0 ? axis + b.rank(x) : axis;
  return appendAxes(b, y, b.rank(x) - first - b.rank(y));
}

/** Appends `count` axes of size 1. */
function appendAxes(b: GraphBuilder, value: string, count: number): string {
  if (count <= 0) return value;
  const rank = b.rank(value);
  return b.emit('Unsqueeze', [value, b.ints(Array.from({ length: count }, (_, i) => rank + i))]);
}

/** Before opset 7, the slope of a PRelu lay along axis 1. */
const prelu: OpRewrite = (node, b) => {
  const [x, slope] = [input(node, 0), input(node, 1)];
  const perChannel = b.rank(slope) === 1 && b.dims(slope)[0] !== 1;
  const inputs = [x, perChannel ? appendAxes(b, slope, b.rank(x) - 2) : slope];
  return appendChanged(node, b, { inputs });
};

const gemm: OpRewrite = (node, b) => appendChanged(node, b, { attributes: { broadcast: undefined } });

/** Before opset 6, `to` was the name of a type. */
const cast: OpRewrite = (node, b) => {
  const to = node.attributes.to;
  if (to?.kind !== 'string') return undefined;
  const name = to.value
    .toLowerCase()
    .replace(/^float$/, 'float32')
    .replace('double', 'float64');
  const dtype = dataTypes.find((known) => known === name);
  return dtype && appendChanged(node, b, { attributes: { to: attr.int(codeOf(dtype)) } });
};

const operators = ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'And', 'Or', 'Xor', 'Equal', 'Greater', 'Less'];

/** Upgrades of binary operators, PRelu, Gemm and Cast. */
export const broadcast: OpRewrites = {
  ...Object.fromEntries(operators.map((op) => [op, below(7, alignOperand)])),
  PRelu: below(7, prelu),
  Gemm: below(7, gemm),
  Cast: below(6, cast),
};
