import type { DrawTable } from './table.js';

export const scales = ['none', 'optimal'] as const;
export type Scale = (typeof scales)[number];

/**
 * (v - βu)² of every draw for one attribution. `none`: β = 1. `optimal`: β = Σw·uv / Σw·u², which makes the weighted mean of the
 * result Σw·v²/Σw - (Σw·uv)²/(Σw·Σw·u²) without that formula's cancellation; β = 0 where u is all zero.
 *
 * In both cases the draw's influence on the mean is its own value less the mean: for `optimal`, with θ = E[v²] - E[uv]²/E[u²],
 * dθ = v² - 2β·uv + β²u² - θ. So the delta-method standard error of θ is that of a mean of these values.
 */
export function squaredErrors(
  { drops, predictions, weights }: DrawTable,
  which: number,
  scale: Scale,
): Float64Array {
  const u = predictions[which];
  const beta = scale === 'none' ? 1 : optimalScale(drops, u, weights);
  const errors = new Float64Array(drops.length);
  for (let i = 0; i < errors.length; i++) errors[i] = (drops[i] - beta * u[i]) ** 2;
  return errors;
}

function optimalScale(v: Float64Array, u: Float64Array, weights: Float64Array): number {
  let uv = 0;
  let uu = 0;
  for (let i = 0; i < u.length; i++) {
    uv += weights[i] * u[i] * v[i];
    uu += weights[i] * u[i] * u[i];
  }
  return uu === 0 ? 0 : uv / uu;
}
