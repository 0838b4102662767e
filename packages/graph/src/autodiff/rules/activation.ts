import type { MathBuilder } from '../../builder/math-builder.js';
import { attributesOf } from '../../ir/attributes.js';
import { clip } from './clip.js';
import { type Rule, type RuleContext, zero } from './rule.js';

/** With this slope, HardSigmoid(x) is 1 for x > 0 and 0 otherwise, for all float32 numbers except those from 0 to 3.3e-39. */
export const STEP_SLOPE = 3e38;

const SQRT_HALF = Math.SQRT1_2;
const SQRT_2_OVER_PI = Math.sqrt(2 / Math.PI);

/** Backward rules of elementwise operators with one input: dx = dy f'(x). SUBGRADIENTS.md lists the derivatives at kinks. */
export const activation = {
  Abs: (b, { inputs: [x] }, dy) => [b.mul(dy, b.sign(x))],
  Acos: (b, { inputs: [x] }, dy) => [b.neg(b.div(dy, b.map('Sqrt', b.sub(1, b.square(x)))))],
  Acosh: (b, { inputs: [x] }, dy) => [b.div(dy, b.map('Sqrt', b.sub(b.square(x), 1)))],
  Asin: (b, { inputs: [x] }, dy) => [b.div(dy, b.map('Sqrt', b.sub(1, b.square(x))))],
  Asinh: (b, { inputs: [x] }, dy) => [b.div(dy, b.map('Sqrt', b.add(b.square(x), 1)))],
  Atan: (b, { inputs: [x] }, dy) => [b.div(dy, b.add(b.square(x), 1))],
  Atanh: (b, { inputs: [x] }, dy) => [b.div(dy, b.sub(1, b.square(x)))],
  Ceil: zero,
  // For x <= 0, y = alpha (exp(x / alpha) - 1), so y' = exp(x / alpha) = 1 + y / alpha.
  Celu: (b, { node, inputs: [x], outputs: [y] }, dy) => [
    b.mul(dy, b.where(b.compare('Greater', x, 0), 1, b.add(b.div(y, attributesOf(node, 'Celu').alpha), 1))),
  ],
  Clip: clip,
  Cos: (b, { inputs: [x] }, dy) => [b.neg(b.mul(dy, b.map('Sin', x)))],
  Cosh: (b, { inputs: [x] }, dy) => [b.mul(dy, b.map('Sinh', x))],
  // For x <= 0, y = alpha (exp(x) - 1), so y' = alpha exp(x) = y + alpha.
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
      attributesOf(step.node, 'Gelu').approximate === 'tanh'
        ? tanhGeluDerivative(b, step)
        : geluDerivative(b, step),
    ),
  ],
  // y = clamp(alpha x + beta, 0, 1): y' = alpha where 0 < y < 1. A HardSigmoid that is a mask (`lower/steep-masks.ts`) has derivative 0.
  HardSigmoid: (b, { node, inputs: [x] }, dy) => {
    const { alpha, beta } = attributesOf(node, 'HardSigmoid');
    if (Math.abs(alpha) >= STEP_SLOPE * 0.99) return [undefined];
    const ramp = b.add(b.mul(x, alpha), beta);
    return [b.mul(dy, b.mul(b.mul(b.step(ramp), b.step(b.sub(1, ramp))), alpha))];
  },
  // y = x h(x) with h = clamp(x / 6 + 1/2, 0, 1): y' = h + x h', which is x / 3 + 1/2 for |x| < 3, 1 above and 0 below.
  HardSwish: (b, { inputs: [x] }, dy) => {
    const ramp = b.step(b.sub(3, b.map('Abs', x)));
    return [b.mul(dy, b.add(b.mul(ramp, b.add(b.div(x, 3), 0.5)), b.mul(b.sub(1, ramp), b.step(x))))];
  },
  LeakyRelu: (b, { node, inputs: [x] }, dy) => [
    b.where(b.compare('Greater', x, 0), dy, b.mul(dy, attributesOf(node, 'LeakyRelu').alpha)),
  ],
  Log: (b, { inputs: [x] }, dy) => [b.div(dy, x)],
  // y = x t with t = tanh(softplus(x)): y' = t + x (1 - t^2) sigmoid(x).
  Mish: (b, { inputs: [x] }, dy) => {
    const t = b.map('Tanh', b.map('Softplus', x));
    const tDerivative = b.mul(b.sub(1, b.square(t)), b.map('Sigmoid', x));
    return [b.mul(dy, b.add(t, b.mul(x, tDerivative)))];
  },
  PRelu: (b, { inputs: [x, slope] }, dy) => {
    const positive = b.compare('Greater', x, 0);
    return [b.where(positive, dy, b.mul(dy, slope)), b.where(positive, 0, b.mul(dy, x))];
  },
  Reciprocal: (b, { outputs: [y] }, dy) => [b.neg(b.mul(dy, b.square(y)))],
  // The mask reads y, which is positive where x is. The runtime can then fuse the Relu with the node before it.
  Relu: (b, { outputs: [y] }, dy) => [b.mul(dy, b.step(y))],
  Round: zero,
  // y = gamma x for x > 0, else gamma alpha (exp(x) - 1), so y' = gamma or y + gamma alpha.
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

/** y = x P(x), y' = P(x) + x p(x), with the distribution function P and the density p of the standard normal. */
function geluDerivative(b: MathBuilder, { inputs: [x] }: RuleContext): string {
  const cumulative = b.mul(b.add(b.map('Erf', b.mul(x, SQRT_HALF)), 1), 0.5);
  const density = b.mul(b.map('Exp', b.mul(b.square(x), -0.5)), 1 / Math.sqrt(2 * Math.PI));
  return b.add(cumulative, b.mul(x, density));
}

/** y = x (1 + t) / 2 with t = tanh(u), u = sqrt(2 / pi) (x + 0.044715 x^3): y' = (1 + t) / 2 + x (1 - t^2) u' / 2. */
function tanhGeluDerivative(b: MathBuilder, { inputs: [x] }: RuleContext): string {
  const squared = b.square(x);
  const t = b.map('Tanh', b.mul(b.mul(x, b.add(b.mul(squared, 0.044715), 1)), SQRT_2_OVER_PI));
  const inner = b.mul(b.add(b.mul(squared, 3 * 0.044715), 1), SQRT_2_OVER_PI);
  const half = b.mul(b.add(t, 1), 0.5);
  return b.add(half, b.mul(b.mul(x, b.mul(b.sub(1, b.square(t)), inner)), 0.5));
}
