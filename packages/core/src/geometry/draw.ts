import type { Stream } from '../random/stream.js';
import { exponentOf, normBetween } from '../tensor/norm.js';
import type { NormBall } from './ball.js';

type Vector = Float32Array | Float64Array;

/**
 * Fills `out` with a point that is uniform in the ball by volume. 'linf': every element uniform in [-radius, radius). 'l2': a normal
 * direction, at a distance whose d-th power is uniform. 'l1': the first d of d + 1 exponential numbers over their sum, with random signs.
 * Any other p: numbers g of density exp(-|g|^p), divided by (Σ|g|^p + e)^(1/p) with e exponential.
 * Source: Barthe et al. 2005, "A probabilistic approach to the geometry of the l_p^n-ball". Throws `option-value` for an order below 1.
 */
export function fillUniformInBall(random: Stream, out: Vector, { norm: order, radius }: NormBall): void {
  const p = exponentOf(order);
  if (p === Number.POSITIVE_INFINITY) random.fillUniform(out, -radius, radius);
  else if (p === 2) fillEuclidean(random, out, radius);
  else if (p === 1) fillCrossPolytope(random, out, radius);
  else fillPowers(random, out, { p, radius });
}

function fillEuclidean(random: Stream, out: Vector, radius: number): void {
  random.fillNormal(out);
  let squares = 0;
  for (let j = 0; j < out.length; j++) squares += out[j] * out[j];
  const factor = (radius * random.uniform() ** (1 / out.length)) / Math.sqrt(squares);
  for (let j = 0; j < out.length; j++) out[j] *= factor;
}

const exponential = (random: Stream): number => -Math.log1p(-random.uniform());

const signOf = (random: Stream): number => (random.uint32() < 2 ** 31 ? -1 : 1);

function fillCrossPolytope(random: Stream, out: Vector, radius: number): void {
  const sizes = out instanceof Float64Array ? out : new Float64Array(out.length);
  for (let j = 0; j < sizes.length; j++) sizes[j] = exponential(random);
  let total = exponential(random);
  for (let j = 0; j < sizes.length; j++) total += sizes[j];
  for (let j = 0; j < sizes.length; j++) out[j] = (signOf(random) * radius * sizes[j]) / total;
}

/** |g|^p is gamma distributed with shape 1/p: a gamma number of shape 1 + 1/p times the p-th power of a uniform one. */
function fillPowers(
  random: Stream,
  out: Vector,
  { p, radius }: { readonly p: number; readonly radius: number },
): void {
  let total = exponential(random);
  for (let j = 0; j < out.length; j++) {
    const size = gamma(random, 1 + 1 / p) ** (1 / p) * random.uniform();
    out[j] = signOf(random) * size;
    total += size ** p;
  }
  const factor = radius / total ** (1 / p);
  for (let j = 0; j < out.length; j++) out[j] *= factor;
}

/**
 * A gamma number of a shape of at least 1 and scale 1.
 * Source: Marsaglia and Tsang 2000, "A simple method for generating gamma variables".
 */
function gamma(random: Stream, shape: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const z = random.normal();
    const v = (1 + c * z) ** 3;
    if (v > 0 && Math.log1p(-random.uniform()) < (z * z) / 2 + d * (1 - v + Math.log(v))) return d * v;
  }
}

/** Fills `out` with a point that is uniform on the Euclidean unit sphere. */
export function fillUniformOnSphere(random: Stream, out: Vector): void {
  random.fillNormal(out);
  const factor = 1 / normBetween(out, 2, { from: 0, to: out.length });
  for (let j = 0; j < out.length; j++) out[j] *= factor;
}
