import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { type RuleContext, type RuleEntry, refused } from './rule.js';

/** Operators of the ONNX domain and of ONNX Runtime's domain that compute with quantised numbers. */
const QUANTISED: ReadonlySet<string> = new Set([
  'ConvInteger', 'DynamicQuantizeLinear', 'DynamicQuantizeMatMul', 'MatMulInteger', 'MatMulIntegerToFloat', 'QGemm',
  'QLinearAdd', 'QLinearAveragePool', 'QLinearConcat', 'QLinearConv', 'QLinearGlobalAveragePool', 'QLinearLeakyRelu',
  'QLinearMatMul', 'QLinearMul', 'QLinearSigmoid', 'QLinearSoftmax', 'QuantizeLinear',
]); // biome-ignore format: a list

export const isQuantised = (op: string): boolean => QUANTISED.has(op);

/** The refusal for all quantised operators. */
export const quantisedRefusal = refused(
  'it rounds, so its derivative is 0 wherever it exists',
  'Use occlusion or optimal, which need no derivative, or take the model before quantisation. With --rules straight-through (in a program the option rules) gradients pass as in quantisation-aware training.',
);

/** Backward rules of quantisation. The quantised input holds integers, so that only the scale has a cotangent. */
export const quantisation = {
  // y = (q - zero point) scale: dscale = sum of dy (q - zero point), over all axes or all but the axis of the scales.
  DequantizeLinear: (b, step, dy) => [undefined, scaleCotangent(b, step, dy)],
  QuantizeLinear: quantisedRefusal,
} as const satisfies Record<string, RuleEntry>;

function scaleCotangent(
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
