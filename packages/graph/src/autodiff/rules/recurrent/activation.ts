import { attr } from '../../../builder/builder.js';
import type { MathBuilder } from '../../../builder/math-builder.js';
import { attributesOf } from '../../../ir/attributes.js';
import type { RuleContext } from '../rule.js';

/** A value and its derivative by what it was computed from. */
export interface Sloped {
  readonly value: string;
  readonly slope: string;
  /** `factor` times the slope, from `product`, which is factor times the value; where that takes less than a product with the slope. */
  scaled?(factor: string, product: string): string;
}

/** A factor times a slope; `product` is the factor times the value. */
export const scaledSlope = (
  b: MathBuilder,
  { slope, scaled }: Sloped,
  { factor, product }: { factor: string; product: string },
): string => scaled?.(factor, product) ?? b.mul(factor, slope);

/** An activation of a recurrent operator. The slope costs nothing when nobody reads it. */
export type Activation = (b: MathBuilder, x: string) => Sloped;

/** Defaults of the parameters that a function has, and the function that they make. */
interface Family {
  readonly alpha?: number;
  readonly beta?: number;
  make(alpha: number, beta: number): Activation;
}

/** The functions of the ONNX standard, by name in lower case. Values at kinks are those of the operators (SUBGRADIENTS.md). */
const FAMILIES: Readonly<Record<string, Family>> = {
  affine: {
    alpha: 1,
    beta: 0,
    make: (alpha, beta) => (b, x) => ({
      value: b.add(b.mul(x, alpha), beta),
      slope: b.mul(b.ones(x), alpha),
    }),
  },
  elu: {
    alpha: 1,
    make: (alpha) => (b, x) => {
      const value = b.emit('Elu', [x], { alpha: attr.float(alpha) });
      return { value, slope: b.where(b.compare('Greater', x, 0), 1, b.add(value, alpha)) };
    },
  },
  hardsigmoid: {
    alpha: 0.2,
    beta: 0.5,
    make: (alpha, beta) => (b, x) => {
      const value = b.emit('HardSigmoid', [x], { alpha: attr.float(alpha), beta: attr.float(beta) });
      const between = b.mul(b.step(value), b.step(b.sub(1, value)));
      return { value, slope: b.mul(between, alpha) };
    },
  },
  leakyrelu: {
    alpha: 0.01,
    make: (alpha) => (b, x) => ({
      value: b.emit('LeakyRelu', [x], { alpha: attr.float(alpha) }),
      slope: b.where(b.compare('Greater', x, 0), 1, b.scalar(alpha, x)),
    }),
  },
  relu: {
    make: () => (b, x) => {
      const value = b.map('Relu', x);
      return { value, slope: b.step(value) };
    },
  },
  scaledtanh: {
    alpha: 1,
    beta: 1,
    make: (alpha, beta) => (b, x) => {
      const t = b.map('Tanh', b.mul(x, beta));
      return { value: b.mul(t, alpha), slope: b.mul(b.sub(1, b.square(t)), alpha * beta) };
    },
  },
  sigmoid: {
    make: () => (b, x) => {
      const value = b.map('Sigmoid', x);
      const rest = b.sub(1, value);
      return { value, slope: b.mul(value, rest), scaled: (_, product) => b.mul(product, rest) };
    },
  },
  softplus: { make: () => (b, x) => ({ value: b.map('Softplus', x), slope: b.map('Sigmoid', x) }) },
  softsign: {
    make: () => (b, x) => ({
      value: b.map('Softsign', x),
      slope: b.map('Reciprocal', b.square(b.add(b.map('Abs', x), 1))),
    }),
  },
  tanh: {
    make: () => (b, x) => {
      const value = b.map('Tanh', x);
      const scaled = (factor: string, product: string) => b.sub(factor, b.mul(product, value));
      return { value, slope: b.sub(1, b.square(value)), scaled };
    },
  },
  thresholdedrelu: {
    alpha: 1,
    make: (alpha) => (b, x) => {
      const slope = b.mask(b.compare('Greater', x, alpha), x);
      return { value: b.mul(x, slope), slope };
    },
  },
};

/**
 * The activations of all directions. `activation_alpha` and `activation_beta` are lists from which each function in turn takes
 * the next number if it has such a parameter; `clip` bounds what it is applied to.
 */
export function activationsOf(step: RuleContext, defaults: readonly string[]): readonly Activation[] {
  const {
    activations: names = defaults,
    activation_alpha = [],
    activation_beta = [],
    clip: limit = 0,
  } = attributesOf(step.node, 'GRU', 'LSTM', 'RNN');
  const [alphas, betas] = [[...activation_alpha], [...activation_beta]];
  const take = (list: number[], fallback: number | undefined) =>
    fallback === undefined ? 0 : (list.shift() ?? fallback);
  return names.map((name) => {
    const family = FAMILIES[name.toLowerCase()] ?? unknown(step, name);
    const activation = family.make(take(alphas, family.alpha), take(betas, family.beta));
    return limit > 0 ? clipped(activation, limit) : activation;
  });
}

function unknown(step: RuleContext, name: string): never {
  return step.refuse(
    `its activation "${name}" has no derivative here`,
    `Export with one of ${Object.keys(FAMILIES).join(', ')}.`,
  );
}

/** The activation of x held within [-limit, limit]; beyond it is flat. */
const clipped =
  (activation: Activation, limit: number): Activation =>
  (b, x) => {
    const held = b.emit('Clip', [x, b.scalar(-limit, x), b.scalar(limit, x)]);
    const { value, slope } = activation(b, held);
    return { value, slope: b.mul(slope, b.mask(b.compare('Equal', x, held), x)) };
  };
