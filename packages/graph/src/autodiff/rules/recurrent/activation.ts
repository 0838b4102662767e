import { own } from '@onnxplain/core';
import { attr } from '../../../builder/builder.js';
import type { MathBuilder } from '../../../builder/math-builder.js';
import { attributesOf } from '../../../ir/attributes.js';
import type { Op } from '../../../ir/ops.js';
import type { RuleContext } from '../rule.js';

/** The value of an activation at x, and its derivative there. */
export interface ValueAndDerivative {
  readonly value: string;
  readonly derivative: string;
  /** Returns `factor` times the derivative, computed from `product` = factor times value; present if this takes fewer operations. */
  timesDerivative?(factor: string, product: string): string;
}

/** Returns factor times the derivative; `product` is factor times the value. */
export const multiplyByDerivative = (
  b: MathBuilder,
  { derivative, timesDerivative }: ValueAndDerivative,
  { factor, product }: { factor: string; product: string },
): string => timesDerivative?.(factor, product) ?? b.mul(factor, derivative);

/** Emits an activation of a recurrent operator and its derivative, whose nodes are pruned if nothing reads it. */
export interface Activation {
  (b: MathBuilder, x: string): ValueAndDerivative;
  /** Returns the derivative where the activation has a value; present if the value determines the derivative. */
  readonly atValue?: (b: MathBuilder, value: string) => ValueAndDerivative;
}

/** An activation that is one operator, with a derivative that its value determines. */
const determinedByValue = (op: Op, atValue: NonNullable<Activation['atValue']>): Activation =>
  Object.assign((b: MathBuilder, x: string) => atValue(b, b.emit(op, [x])), { atValue });

/** The defaults of the parameters that a function has, and the function for given parameters. */
interface ActivationFamily {
  readonly alpha?: number;
  readonly beta?: number;
  make(alpha: number, beta: number): Activation;
}

/** The activations of the ONNX standard, by name in lower case. Derivatives at kinks are those of the operators (SUBGRADIENTS.md). */
const FAMILIES: Readonly<Record<string, ActivationFamily>> = {
  affine: {
    alpha: 1,
    beta: 0,
    make: (alpha, beta) => (b, x) => ({
      value: b.add(b.mul(x, alpha), beta),
      derivative: b.mul(b.ones(x), alpha),
    }),
  },
  elu: {
    alpha: 1,
    make: (alpha) => (b, x) => {
      const value = b.emit('Elu', [x], { alpha: attr.float(alpha) });
      return { value, derivative: b.where(b.compare('Greater', x, 0), 1, b.add(value, alpha)) };
    },
  },
  hardsigmoid: {
    alpha: 0.2,
    beta: 0.5,
    make: (alpha, beta) => (b, x) => {
      const value = b.emit('HardSigmoid', [x], { alpha: attr.float(alpha), beta: attr.float(beta) });
      const between = b.mul(b.step(value), b.step(b.sub(1, value)));
      return { value, derivative: b.mul(between, alpha) };
    },
  },
  leakyrelu: {
    alpha: 0.01,
    make: (alpha) => (b, x) => ({
      value: b.emit('LeakyRelu', [x], { alpha: attr.float(alpha) }),
      derivative: b.where(b.compare('Greater', x, 0), 1, b.scalar(alpha, x)),
    }),
  },
  relu: {
    make: () => determinedByValue('Relu', (b, value) => ({ value, derivative: b.step(value) })),
  },
  scaledtanh: {
    alpha: 1,
    beta: 1,
    make: (alpha, beta) => (b, x) => {
      const t = b.map('Tanh', b.mul(x, beta));
      return { value: b.mul(t, alpha), derivative: b.mul(b.sub(1, b.square(t)), alpha * beta) };
    },
  },
  sigmoid: {
    make: () =>
      determinedByValue('Sigmoid', (b, value) => {
        const rest = b.sub(1, value);
        return {
          value,
          derivative: b.mul(value, rest),
          timesDerivative: (_, product) => b.mul(product, rest),
        };
      }),
  },
  softplus: { make: () => (b, x) => ({ value: b.map('Softplus', x), derivative: b.map('Sigmoid', x) }) },
  softsign: {
    make: () => (b, x) => ({
      value: b.map('Softsign', x),
      derivative: b.map('Reciprocal', b.square(b.add(b.map('Abs', x), 1))),
    }),
  },
  tanh: {
    make: () =>
      determinedByValue('Tanh', (b, value) => {
        const timesDerivative = (factor: string, product: string) => b.sub(factor, b.mul(product, value));
        return { value, derivative: b.sub(1, b.square(value)), timesDerivative };
      }),
  },
  thresholdedrelu: {
    alpha: 1,
    make: (alpha) => (b, x) => {
      const derivative = b.mask(b.compare('Greater', x, alpha), x);
      return { value: b.mul(x, derivative), derivative };
    },
  },
};

/**
 * Returns the activations of all directions. Each function that has a parameter alpha (beta) takes the next number of the list
 * `activation_alpha` (`activation_beta`). `clip` bounds the argument of all of them.
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
    const family = own(FAMILIES, name.toLowerCase()) ?? refuseUnknown(step, name);
    const activation = family.make(take(alphas, family.alpha), take(betas, family.beta));
    return limit > 0 ? clipped(activation, limit) : activation;
  });
}

function refuseUnknown(step: RuleContext, name: string): never {
  return step.refuse(
    `its activation "${name}" has no derivative here`,
    `Export with one of ${Object.keys(FAMILIES).join(', ')}.`,
  );
}

/** Applies an activation to x clipped to [-limit, limit]; its derivative is 0 where |x| > limit. */
const clipped =
  (activation: Activation, limit: number): Activation =>
  (b, x) => {
    const clippedX = b.emit('Clip', [x, b.scalar(-limit, x), b.scalar(limit, x)]);
    const { value, derivative } = activation(b, clippedX);
    return { value, derivative: b.mul(derivative, b.mask(b.compare('Equal', x, clippedX), x)) };
  };
