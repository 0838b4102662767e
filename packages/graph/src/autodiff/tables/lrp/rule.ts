import type { MathBuilder } from '../../../builder/math-builder.js';
import type { Layer } from './layer.js';

/** Takes the relevance of a layer's output and returns that of its input. */
export type LrpRule = (b: MathBuilder, layer: Layer, relevance: string) => string;

/** A part of the contributions z_jk of inputs j to outputs k: input times weights. A bias absorbs its share of relevance. */
interface Term {
  /** A value of the input's shape. */
  readonly input: string;
  readonly weights: string;
  readonly bias?: string;
}

/** Divides the relevance of each output among its inputs in proportion to the terms: R_j = sum_k z_jk R_k / (bias_k + sum_j z_jk). */
function distribute(
  b: MathBuilder,
  layer: Layer,
  {
    terms,
    relevance,
    epsilon = DEFAULT_EPSILON,
  }: { terms: readonly Term[]; relevance: string; epsilon?: number },
): string {
  const total = terms
    .map(({ input, weights, bias }) => layer.apply(input, weights, bias))
    .reduce((sum, part) => b.add(sum, part));
  const share = b.div(relevance, stabilised(b, total, epsilon));
  return terms
    .map(({ input, weights }) => b.mul(input, layer.adjoint(weights, share)))
    .reduce((sum, part) => b.add(sum, part));
}

/** Added to divisors, so that none is 0. It absorbs relevance of this order. */
const DEFAULT_EPSILON = 1e-9;

/** Returns z + epsilon sign(z) with sign(0) = 1. epsilon is at least 1e-4 in float16, which cannot represent much smaller ones. */
export function stabilised(b: MathBuilder, z: string, epsilon = DEFAULT_EPSILON): string {
  const magnitude = b.dtype(z) === 'float16' ? Math.max(epsilon, 1e-4) : epsilon;
  return b.add(z, b.where(b.compare('Less', z, 0), b.scalar(-magnitude, z), b.scalar(magnitude, z)));
}

const positivePart = (b: MathBuilder, x: string): string => b.map('Relu', x);
const negativePart = (b: MathBuilder, x: string): string => b.neg(b.map('Relu', b.neg(x)));

/** R_j = sum_k a_j w_jk R_k / (z_k + epsilon sign z_k) (Bach et al. 2015, eq. 58). */
export const epsilonRule =
  (epsilon: number): LrpRule =>
  (b, { x, weights, y, adjoint }, relevance) =>
    b.mul(x, adjoint(weights, b.div(relevance, stabilised(b, y, epsilon))));

/**
 * Contributions of one sign: positive inputs times `same` plus negative inputs times `opposite`. Non-negative inputs need the first part
 * only.
 */
function termsBySign(
  b: MathBuilder,
  layer: Layer,
  weights: { same: string; opposite: string; bias?: string },
): Term[] {
  const { x } = layer;
  const { same, opposite, bias } = weights;
  if (layer.isNonNegative) return [{ input: x, weights: same, bias }];
  return [
    { input: positivePart(b, x), weights: same, bias },
    { input: negativePart(b, x), weights: opposite },
  ];
}

/**
 * Divides alpha R among the positive contributions and -beta R among the negative ones, with alpha - beta = 1. A bias belongs to the
 * contributions of its sign (Bach et al. 2015, eq. 60).
 */
export const alphaBetaRule =
  ({ alpha, beta }: { alpha: number; beta: number }): LrpRule =>
  (b, layer, relevance) => {
    const { weights, bias } = layer;
    const [up, down] = [positivePart(b, weights), negativePart(b, weights)];
    const gained = distribute(b, layer, {
      terms: termsBySign(b, layer, { same: up, opposite: down, bias: bias && positivePart(b, bias) }),
      relevance: b.mul(relevance, alpha),
    });
    if (beta === 0) return gained;
    const lost = distribute(b, layer, {
      terms: termsBySign(b, layer, { same: down, opposite: up, bias: bias && negativePart(b, bias) }),
      relevance: b.mul(relevance, beta),
    });
    return b.sub(gained, lost);
  };

/** Positive contributions only: alpha = 1, beta = 0 (Montavon et al. 2017, the z+ rule). */
export const zPlusRule: LrpRule = alphaBetaRule({ alpha: 1, beta: 0 });

/**
 * Contributions of the same sign as the output count 1 + gamma times. For a_j >= 0 and z_k > 0 this is
 * R_j = sum_k a_j (w_jk + gamma w_jk+) R_k / sum_j a_j (w_jk + gamma w_jk+) (Montavon et al. 2019, section 10.2.3); for other
 * signs it is the generalisation of Andéol et al. 2021.
 */
export const gammaRule =
  (gamma: number): LrpRule =>
  (b, layer, relevance) => {
    const { weights, bias, y } = layer;
    const amplified = (value: string, part: typeof positivePart) =>
      b.add(value, b.mul(part(b, value), gamma));
    const [up, down] = [amplified(weights, positivePart), amplified(weights, negativePart)];
    const above = b.compare('Greater', y, 0);
    const agreeing = distribute(b, layer, {
      terms: termsBySign(b, layer, { same: up, opposite: down, bias: bias && amplified(bias, positivePart) }),
      relevance: b.where(above, relevance, 0),
    });
    const opposing = distribute(b, layer, {
      terms: termsBySign(b, layer, { same: down, opposite: up, bias: bias && amplified(bias, negativePart) }),
      relevance: b.where(above, 0, relevance),
    });
    return b.add(agreeing, opposing);
  };

/** Divides the relevance of an output equally among all inputs that it reads (Lapuschkin et al. 2019). */
export const flatRule: LrpRule = (b, layer, relevance) =>
  distribute(b, layer, {
    terms: [{ input: b.ones(layer.x), weights: b.ones(layer.weights) }],
    relevance,
  });

/** Divides relevance in proportion to the squared weights: R_j = sum_k w_jk² R_k / sum_j w_jk² (Montavon et al. 2017). */
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
      { input: all(-low), weights: positivePart(b, weights) },
      { input: all(-high), weights: negativePart(b, weights) },
    ];
    return distribute(b, layer, { terms, relevance });
  };
