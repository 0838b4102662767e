import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { clip } from './clip.js';
import { type Rule, type RuleContext, zero } from './rule.js';

/** So steep that HardSigmoid(x) with this slope is [x > 0] for all float32 but those from 0 to 3.3e-39. */
export const STEP_SLOPE = 3e38;

const SQRT_HALF = Math.SQRT1_2;
const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

/** Elementwise operators of one input. Values at kinks: SUBGRADIENTS.md. */
export const activation = {
  Abs: (b, { inputs: [x] }, dy) => [b.mul(dy, b.sign(x))],
  Acos: (b, { inputs: [x] }, dy) => [b.neg(b.div(dy, b.map('Sqrt', b.sub(1, b.square(x)))))],
  Acosh: (b, { inputs: [x] }, dy) => [b.div(dy, b.map('Sqrt', b.sub(b.square(x), 1)))],
  Asin: (b, { inputs: [x] }, dy) => [b.div(dy, b.map('Sqrt', b.sub(1, b.square(x))))],
  Asinh: (b, { inputs: [x] }, dy) => [b.div(dy, b.map('Sqrt', b.add(b.square(x), 1)))],
  Atan: (b, { inputs: [x] }, dy) => [b.div(dy, b.add(b.square(x), 1))],
  Atanh: (b, { inputs: [x] }, dy) => [b.div(dy, b.sub(1, b.square(x)))],
  Ceil: zero,
  // Below zero y = alpha (exp(x / alpha) - 1), so y' = 1 + y / alpha.
  Celu: (b, { node, inputs: [x], outputs: [y] }, dy) => [
    b.mul(dy, b.where(b.compare('Greater', x, 0), 1, b.add(b.div(y, attributesOf(node, 'Celu').alpha), 1))),
  ],
  Clip: clip,
  Cos: (b, { inputs: [x] }, dy) => [b.neg(b.mul(dy, b.map('Sin', x)))],
  Cosh: (b, { inputs: [x] }, dy) => [b.mul(dy, b.map('Sinh', x))],
  // Below zero y = alpha (exp(x) - 1), so y' = y + alpha.
  Elu: (b, { node, inputs: [x], outputs: [y] }, dy) => [
    b.mul(dy, b.where(b.compare('Greater', x, 0), 1, b.add(y, attributesOf(node, 'Elu').alpha))),
  ],
  Erf: (b, { inputs: [x] }, dy) => [
    b.mul(dy, b.mul(b.map('Exp', b.neg(b.square(x))), 2 / Math.sqrt(Math.PI))),
  ],
  Exp: (b, { outputs: [y] }, dy) => [b.mul(dy, y)],
  Floor: zero,
  Gelu: (b, step, dy) => [
    b.mul(
      dy,
      attributesOf(step.node, 'Gelu').approximate === 'tanh' ? tanhGeluSlope(b, step) : geluSlope(b, step),
    ),
  ],
  // With the slope of a mask (`lower/steep-masks.ts`) the derivative is 0; otherwise alpha strictly between the bends.
  HardSigmoid: (b, { node, inputs: [x] }, dy) => {
    const { alpha, beta } = attributesOf(node, 'HardSigmoid');
    if (Math.abs(alpha) >= STEP_SLOPE * 0.99) return [undefined];
    const ramp = b.add(b.mul(x, alpha), beta);
    return [b.mul(dy, b.mul(b.mul(b.step(ramp), b.step(b.sub(1, ramp))), alpha))];
  },
  // x h(x) with h = clamp(x / 6 + 1/2, 0, 1): h + x h'.
  HardSwish: (b, { inputs: [x] }, dy) => {
    const ramp = b.step(b.sub(3, b.map('Abs', x)));
    return [b.mul(dy, b.add(b.mul(ramp, b.add(b.div(x, 3), 0.5)), b.mul(b.sub(1, ramp), b.step(x))))];
  },
  LeakyRelu: (b, { node, inputs: [x] }, dy) => [
    b.where(b.compare('Greater', x, 0), dy, b.mul(dy, attributesOf(node, 'LeakyRelu').alpha)),
  ],
  Log: (b, { inputs: [x] }, dy) => [b.div(dy, x)],
  // x t with t = tanh(softplus(x)): t + x (1 - t^2) sigmoid(x).
  Mish: (b, { inputs: [x] }, dy) => {
    const t = b.map('Tanh', b.map('Softplus', x));
    const slope = b.mul(b.sub(1, b.square(t)), b.map('Sigmoid', x));
    return [b.mul(dy, b.add(t, b.mul(x, slope)))];
  },
  PRelu: (b, { inputs: [x, slope] }, dy) => {
    const positive = b.compare('Greater', x, 0);
    return [b.where(positive, dy, b.mul(dy, slope)), b.where(positive, 0, b.mul(dy, x))];
  },
  Reciprocal: (b, { outputs: [y] }, dy) => [b.neg(b.mul(dy, b.square(y)))],
  // The output tells the sign of the input, and lets the runtime fuse what came before with the Relu.
  Relu: (b, { outputs: [y] }, dy) => [b.mul(dy, b.step(y))],
  Round: zero,
  // gamma x above zero, gamma alpha (exp(x) - 1) below: there y' = y + gamma alpha.
  Selu: (b, { node, inputs: [x], outputs: [y] }, dy) => {
    const { alpha, gamma } = attributesOf(node, 'Selu');
    return [b.mul(dy, b.where(b.compare('Greater', x, 0), gamma, b.add(y, gamma * alpha)))];
  },
  Shrink: (b, { node, inputs: [x] }, dy) => [
    b.where(b.compare('Greater', b.map('Abs', x), attributesOf(node, 'Shrink').lambd), dy, 0),
  ],
  Sigmoid: (b, { outputs: [y] }, dy) => [b.mul(dy, b.mul(y, b.sub(1, y)))],
  Sign: zero,
  Sin: (b, { inputs: [x] }, dy) => [b.mul(dy, b.map('Cos', x))],
  Sinh: (b, { inputs: [x] }, dy) => [b.mul(dy, b.map('Cosh', x))],
  Softplus: (b, { inputs: [x] }, dy) => [b.mul(dy, b.map('Sigmoid', x))],
  Softsign: (b, { inputs: [x] }, dy) => [b.div(dy, b.square(b.add(b.map('Abs', x), 1)))],
  Sqrt: (b, { outputs: [y] }, dy) => [b.div(dy, b.mul(y, 2))],
  Tan: (b, { outputs: [y] }, dy) => [b.mul(dy, b.add(b.square(y), 1))],
  Tanh: (b, { outputs: [y] }, dy) => [b.mul(dy, b.sub(1, b.square(y)))],
  ThresholdedRelu: (b, { node, inputs: [x] }, dy) => [
    b.where(b.compare('Greater', x, attributesOf(node, 'ThresholdedRelu').alpha), dy, 0),
  ],
} as const satisfies Record<string, Rule | typeof zero>;

/** x Phi(x): Phi(x) + x phi(x) for the standard normal. */
function geluSlope(b: MathBuilder, { inputs: [x] }: RuleContext): string {
  const cumulative = b.mul(b.add(b.map('Erf', b.mul(x, SQRT_HALF)), 1), 0.5);
  const density = b.mul(b.map('Exp', b.mul(b.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return b.add(cumulative, b.mul(x, density));
}

/** x (1 + t) / 2 with t = tanh(u), u = sqrt(2 / pi) (x + 0.044715 x^3): (1 + t) / 2 + x (1 - t^2) u' / 2. */
function tanhGeluSlope(b: MathBuilder, { inputs: [x] }: RuleContext): string {
  const squared = b.square(x);
  const t = b.map('Tanh', b.mul(b.mul(x, b.add(b.mul(squared, 0.044715), 1)), SQRT_2_OVER_PI));
  const inner = b.mul(b.add(b.mul(squared, 3 * 0.044715), 1), SQRT_2_OVER_PI);
  const half = b.mul(b.add(t, 1), 0.5);
  return b.add(half, b.mul(b.mul(x, b.mul(b.sub(1, b.square(t)), inner)), 0.5));
}
