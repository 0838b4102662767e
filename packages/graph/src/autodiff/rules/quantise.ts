import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { type RuleContext, type RuleEntry, refused } from './rule.js';

/** Operators of the standard domain and of ONNX Runtime's that compute with quantised numbers. */
const QUANTISED: ReadonlySet<string> = new Set([
  'ConvInteger', 'DynamicQuantizeLinear', 'DynamicQuantizeMatMul', 'MatMulInteger', 'MatMulIntegerToFloat', 'QGemm',
  'QLinearAdd', 'QLinearAveragePool', 'QLinearConcat', 'QLinearConv', 'QLinearGlobalAveragePool', 'QLinearLeakyRelu',
  'QLinearMatMul', 'QLinearMul', 'QLinearSigmoid', 'QLinearSoftmax', 'QuantizeLinear',
]); // biome-ignore format: a list

export const isQuantised = (op: string): boolean => QUANTISED.has(op);

/** Why they have no derivative that says anything. */
export const quantisedRefusal = refused(
  'it rounds, so its derivative is 0 wherever it exists',
  'Use occlusion or optimal, which need no derivative, or take the model before quantisation. onnxplain grad --rules straight-through lets gradients pass as quantisation-aware training does.',
);

/** Quantisation. What was quantised is of integers: a cotangent can only come to the scale. */
export const quantisation = {
  // (q - zero point) scale
  DequantizeLinear: (b, step, dy) => [undefined, scaleOf(b, step, dy)],
  QuantizeLinear: quantisedRefusal,
} as const satisfies Record<string, RuleEntry>;

function scaleOf(
  b: MathBuilder,
  { node, inputs: [q, scale, zero], outputs: [y], refuse }: RuleContext,
  dy: string,
) {
  const attributes = attributesOf(node, 'DequantizeLinear');
  if (attributes.block_size !== 0)
    refuse('its scales are of blocks', 'Explain a tensor that does not come before the scales.');
  const dims = b.dims(scale);
  if (dims.length === 0 || dims[0] === 1) {
    const whole = b.cast(q, b.dtype(y));
    const centred = zero ? b.sub(whole, b.cast(zero, b.dtype(y))) : whole;
    return b.reshapeLike(b.sum(b.mul(dy, centred), b.others(y, [])), scale);
  }
  const axis = (attributes.axis + b.rank(y)) % b.rank(y);
  const column = [-1, ...new Array<number>(b.rank(y) - axis - 1).fill(1)];
  const whole = b.cast(q, b.dtype(y));
  const centred = zero ? b.sub(whole, b.reshape(b.cast(zero, b.dtype(y)), column)) : whole;
  return b.reshapeLike(b.sum(b.mul(dy, centred), b.others(y, [axis])), scale);
}
