import { entry, z } from '@onnxplain/core';
import { dequantise } from '../../prepare/dequantise.js';
import { gradient } from '../rules/gradient.js';
import type { Rule, RuleTable } from '../rules/rule.js';

/** dx = dy, as if the operator were the identity. */
const passThrough: Rule = (_, _step, dy) => [dy];

const rows = {
  ...gradient,
  Ceil: passThrough,
  Floor: passThrough,
  Round: passThrough,
  // The derivative of clip(x, -1, 1), bounds included.
  Sign: (b, { inputs: [x] }, dy) => [b.where(b.compare('LessOrEqual', b.map('Abs', x), 1), dy, 0)],
} satisfies RuleTable;

/**
 * The straight-through estimator of quantisation-aware training. Round, Floor and Ceil pass the cotangent. Sign passes it where |x| <= 1.
 * Quantisation passes it where the value is in the range of the integers, bounds included, and gives 0 elsewhere
 * (`torch.fake_quantize_per_tensor_affine`). A scale that depends on the input (DynamicQuantizeLinear) is differentiated too.
 * Models with quantised operators are computed in floats that hold the integers.
 * Source: Bengio, Leonard and Courville 2013, "Estimating or Propagating Gradients Through Stochastic Neurons".
 */
export const straightThrough = entry({
  name: 'straight-through',
  summary: 'The derivative, with rounding and quantisation passed straight through.',
  options: z.strictObject({}),
  make: (): RuleTable => ({ ...rows, name: 'straight-through', prepare: dequantise }),
});
