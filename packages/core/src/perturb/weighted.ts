import { definePerturbation } from '../define/perturbation.js';
import { once } from '../once.js';
import { option } from '../options.js';
import { type NormOrder, rowNorms } from '../tensor/norm.js';
import type { Draws, Perturbation } from '../types/draws.js';
import { uniform } from './noise.js';

/** The kernels, functions of the distance from x in units of the width. */
const kernels = {
  gaussian: (r: number) => Math.exp((-r * r) / 2),
  exponential: (r: number) => Math.exp(-r),
  triangular: (r: number) => Math.max(0, 1 - r),
  epanechnikov: (r: number) => Math.max(0, 1 - r * r),
} as const;

const names = ['gaussian', 'exponential', 'triangular', 'epanechnikov'] as const;

/**
 * Weights the draws of a perturbation by a kernel of the distance of the perturbed input from x, ‖I‖/width. The kernel need not integrate
 * to 1: means, such as those of `smooth` and `infidelity`, are divided by the sum of the weights. The draws then stand for the kernel times
 * the density of the perturbation, which is the kernel alone where that is uniform.
 * Source: [Y19] section 2.2, ∫Φ(z)k(x, z)dz / ∫k(x, z)dz.
 */
export const weighted = definePerturbation({
  name: 'weighted',
  summary: 'Weights the draws of a perturbation by a kernel of their distance.',
  options: {
    inner: option.perturbation().describe('Draws the perturbed inputs.'),
    width: option.positive().describe('Width of the kernel, in units of the norm.'),
    kernel: option
      .choice(names)
      .default('gaussian')
      .describe(
        'Weight at the distance r in units of the width. gaussian: exp(-r²/2). exponential: exp(-r). triangular: 1 - r, and epanechnikov: ' +
          '1 - r², both 0 beyond r = 1.',
      ),
    norm: option.choice(['l2', 'l1', 'linf']).default('l2').describe('Norm of the distance.'),
  },
  parts: (inner: Perturbation) => ({ inner }),
  positional: ['inner', 'width', 'kernel'],
  example: { inner: uniform({ radius: 0.5 }), width: 2 },
  make: ({ inner, width, kernel, norm }) => ({
    masks: inner.masks,
    additive: inner.additive,
    ...(inner.count && { count: inner.count }),
    ...(inner.exhaustive && { exhaustive: true }),
    layoutOpen: inner.inLayout !== undefined,
    changesIn: (layout) => ({ inner: inner.inLayout?.(layout) ?? inner }),
    draw: (x, { key, from, to }) =>
      reweighted(inner(x, key, from, to), (draws) => {
        const lengths = rowNorms(draws.deltas, norm satisfies NormOrder);
        return lengths.map((length, i) => (draws.weights?.[i] ?? 1) * kernels[kernel](length / width));
      }),
  }),
});

/** The same draws with other weights, which are computed when they are first read. */
function reweighted(draws: Draws, weigh: (draws: Draws) => Float64Array): Draws {
  const weights = once(() => weigh(draws));
  return {
    compact: draws.compact,
    get inputs() {
      return draws.inputs;
    },
    get deltas() {
      return draws.deltas;
    },
    get masks() {
      return draws.masks;
    },
    get weights() {
      return weights();
    },
  };
}
