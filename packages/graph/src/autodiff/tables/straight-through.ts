import { entry, z } from '@onnxplain/core';
import { dequantise } from '../../prepare/dequantise.js';
import { gradient } from '../rules/gradient.js';
import type { Rule, RuleTable } from '../rules/rule.js';

/** Steps that pass what comes back. */
const straight: Rule = (_, _step, dy) => [dy];

const rows = {
  ...gradient,
  Ceil: straight,
  Floor: straight,
  Round: straight,
  // The step between -1 and 1 stands for the line between them.
  Sign: (b, { inputs: [x] }, dy) => [b.where(b.compare('LessOrEqual', b.map('Abs', x), 1), dy, 0)],
} satisfies RuleTable;

/**
 * The derivative with steps taken for the line that they follow, as in quantisation-aware training: Round, Floor and Ceil pass the
 * cotangent, Sign where |x| <= 1, quantisation where the value is inside the range of the integers (bounds included), 0 elsewhere
 * (`torch.fake_quantize_per_tensor_affine`). A scale that depends on the input (DynamicQuantizeLinear) is differentiated too.
 * Models of quantised operators are computed with floats that hold the integers.
 * Source: Bengio, Leonard and Courville 2013, "Estimating or Propagating Gradients Through Stochastic Neurons".
 */
export const straightThrough = entry({
  name: 'straight-through',
  summary: 'The derivative, with rounding and quantisation passed straight through.',
  options: z.strictObject({}),
  make: (): RuleTable => ({ ...rows, name: 'straight-through', prepare: dequantise }),
});
