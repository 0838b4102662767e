import type { MathBuilder } from '../../../builder/math-builder.js';
import type { Layer } from './layer.js';

/** Relevance of a layer's output in, relevance of its input out. */
export type LrpRule = (b: MathBuilder, layer: Layer, relevance: string) => string;

/** One part of what an input contributes to an output: input times weights, with a bias that takes its share and keeps it. */
interface Term {
  /** A value of the input's shape. */
  readonly input: string;
  readonly weights: string;
  readonly bias?: string;
}

/** Every output's relevance is divided among its inputs in proportion to the terms: R_j = sum_k z_jk R_k / (bias_k + sum_j z_jk). */
function distribute(
  b: MathBuilder,
  layer: Layer,
  { terms, relevance, epsilon = TINY }: { terms: readonly Term[]; relevance: string; epsilon?: number },
): string {
  const total = terms
    .map(({ input, weights, bias }) => layer.apply(input, weights, bias))
    .reduce((sum, part) => b.add(sum, part));
  const share = b.div(relevance, stabilised(b, total, epsilon));
  return terms
    .map(({ input, weights }) => b.mul(input, layer.adjoint(weights, share)))
    .reduce((sum, part) => b.add(sum, part));
}

/** Keeps sums that happen to be 0 from dividing by 0; the relevance it takes is of this order. */
const TINY = 1e-9;

/** z + epsilon sign(z) with sign(0) = 1. Half precision cannot hold the smallest epsilons. */
export function stabilised(b: MathBuilder, z: string, epsilon = TINY): string {
  const held = b.dtype(z) === 'float16' ? Math.max(epsilon, 1e-4) : epsilon;
  return b.add(z, b.where(b.compare('Less', z, 0), b.scalar(-held, z), b.scalar(held, z)));
}

const positive = (b: MathBuilder, x: string): string => b.map('Relu', x);
const negative = (b: MathBuilder, x: string): string => b.neg(b.map('Relu', b.neg(x)));

/** R_j = sum_k a_j w_jk R_k / (z_k + epsilon sign z_k) (Bach et al. 2015, eq. 58). */
export const epsilonRule =
  (epsilon: number): LrpRule =>
  (b, { x, weights, y, adjoint }, relevance) =>
    b.mul(x, adjoint(weights, b.div(relevance, stabilised(b, y, epsilon))));

/** Contributions by sign: positive ones have input and weight of the same sign. Inputs known to be positive need half of them. */
function signed(
  b: MathBuilder,
  layer: Layer,
  weights: { same: string; opposite: string; bias?: string },
): Term[] {
  const { x } = layer;
  const { same, opposite, bias } = weights;
  if (layer.positive) return [{ input: x, weights: same, bias }];
  return [
    { input: positive(b, x), weights: same, bias },
    { input: negative(b, x), weights: opposite },
  ];
}

/**
 * Positive and negative contributions apart, alpha of the relevance to the first and -beta to the second; alpha - beta = 1.
 * Biases belong to the side of their sign (Bach et al. 2015, eq. 60).
 */
export const alphaBetaRule =
  ({ alpha, beta }: { alpha: number; beta: number }): LrpRule =>
  (b, layer, relevance) => {
    const { weights, bias } = layer;
    const [up, down] = [positive(b, weights), negative(b, weights)];
    const gained = distribute(b, layer, {
      terms: signed(b, layer, { same: up, opposite: down, bias: bias && positive(b, bias) }),
      relevance: b.mul(relevance, alpha),
    });
    if (beta === 0) return gained;
    const lost = distribute(b, layer, {
      terms: signed(b, layer, { same: down, opposite: up, bias: bias && negative(b, bias) }),
      relevance: b.mul(relevance, beta),
    });
    return b.sub(gained, lost);
  };

/** Positive contributions only: alpha = 1, beta = 0 (Montavon et al. 2017, the z+ rule). */
export const zPlusRule: LrpRule = alphaBetaRule({ alpha: 1, beta: 0 });

/**
 * Contributions that agree with the sign of the output count 1 + gamma times: for a_j >= 0 and z_k > 0 that is
 * R_j = sum_k a_j (w_jk + gamma w_jk+) R_k / sum_j a_j (w_jk + gamma w_jk+) (Montavon et al. 2019, section 10.2.3), for other
 * signs its generalisation (Andéol et al. 2021).
 */
export const gammaRule =
  (gamma: number): LrpRule =>
  (b, layer, relevance) => {
    const { weights, bias, y } = layer;
    const raised = (value: string, part: typeof positive) => b.add(value, b.mul(part(b, value), gamma));
    const [up, down] = [raised(weights, positive), raised(weights, negative)];
    const above = b.compare('Greater', y, 0);
    const agreeing = distribute(b, layer, {
      terms: signed(b, layer, { same: up, opposite: down, bias: bias && raised(bias, positive) }),
      relevance: b.where(above, relevance, 0),
    });
    const opposing = distribute(b, layer, {
      terms: signed(b, layer, { same: down, opposite: up, bias: bias && raised(bias, negative) }),
      relevance: b.where(above, 0, relevance),
    });
    return b.add(agreeing, opposing);
  };

/** All inputs that reach an output get the same (Lapuschkin et al. 2019). */
export const flatRule: LrpRule = (b, layer, relevance) =>
  distribute(b, layer, {
    terms: [{ input: b.ones(layer.x), weights: b.ones(layer.weights) }],
    relevance,
  });

/** In proportion to the squared weights: R_j = sum_k w_jk² R_k / sum_j w_jk² (Montavon et al. 2017). */
export const wSquareRule: LrpRule = (b, layer, relevance) =>
  distribute(b, layer, {
    terms: [{ input: b.ones(layer.x), weights: b.square(layer.weights) }],
    relevance,
  });

/** For inputs between two bounds, with z_jk = x_j w_jk - low w_jk+ - high w_jk- (Montavon et al. 2017, the z^B rule). */
export const zBoxRule =
  ([low, high]: readonly [low: number, high: number]): LrpRule =>
  (b, layer, relevance) => {
    const { x, weights } = layer;
    const all = (value: number) => b.expand(b.scalar(value, x), x);
    const terms = [
      { input: x, weights },
      { input: all(-low), weights: positive(b, weights) },
      { input: all(-high), weights: negative(b, weights) },
    ];
    return distribute(b, layer, { terms, relevance });
  };
