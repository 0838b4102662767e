import { own } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import type { Call } from './call.js';
import { sigmoid, softplus } from './special.js';

type Scalar = (x: number) => number;

/** An activation of the recurrent operators: the defaults of its parameters, and the function for given parameters. */
interface Activation {
  readonly alpha?: number;
  readonly beta?: number;
  make(alpha: number, beta: number): Scalar;
}

const table: Readonly<Record<string, Activation>> = {
  affine: { alpha: 1, beta: 0, make: (alpha, beta) => (x) => alpha * x + beta },
  elu: { alpha: 1, make: (alpha) => (x) => (x < 0 ? alpha * Math.expm1(x) : x) },
  hardsigmoid: {
    alpha: 0.2,
    beta: 0.5,
    make: (alpha, beta) => (x) => Math.max(0, Math.min(1, alpha * x + beta)),
  },
  leakyrelu: { alpha: 0.01, make: (alpha) => (x) => (x < 0 ? alpha * x : x) },
  relu: { make: () => (x) => Math.max(0, x) },
  scaledtanh: { alpha: 1, beta: 1, make: (alpha, beta) => (x) => alpha * Math.tanh(beta * x) },
  sigmoid: { make: () => sigmoid },
  softplus: { make: () => softplus },
  softsign: { make: () => (x) => x / (1 + Math.abs(x)) },
  tanh: { make: () => Math.tanh },
  thresholdedrelu: { alpha: 1, make: (alpha) => (x) => (x > alpha ? x : 0) },
};

/**
 * Returns the activations of all directions; names are case-insensitive. Each function that has a parameter alpha (beta) takes the next
 * number of the list `activation_alpha` (`activation_beta`).
 */
export function activationsOf(call: Call, names: readonly string[]): Scalar[] {
  const { activation_alpha = [], activation_beta = [] } = attributesOf(call.node, 'GRU', 'LSTM', 'RNN');
  const [alphas, betas] = [[...activation_alpha], [...activation_beta]];
  const next = (list: number[], fallback: number | undefined) =>
    fallback === undefined ? 0 : (list.shift() ?? fallback);
  return names.map((name) => {
    const known = name.toLowerCase();
    const activation = own(table, known) ?? call.refuse('model-invalid', Object.keys(table).join(', '), name);
    return activation.make(next(alphas, activation.alpha), next(betas, activation.beta));
  });
}
