import { definePerturbation } from '../define/perturbation.js';
import { option } from '../options.js';
import { drawsOf } from './draw.js';

/**
 * Adds normal noise to every element: I = sigma·N(0, 1).
 * Source: the perturbation of [Y19] section 2.4 around x itself; Smilkov et al. 2017 for smoothing.
 */
export const gaussian = definePerturbation({
  name: 'gaussian',
  summary: 'Adds normal noise to every element.',
  options: {
    sigma: option.positive().describe('Standard deviation of the noise, in units of the input.'),
  },
  positional: ['sigma'],
  example: { sigma: 0.5 },
  make: ({ sigma }) => ({
    masks: false,
    additive: true,
    draw: (x, range) =>
      drawsOf(x, { kind: 'keys', ...range, noise: { distribution: 'normal', scale: -sigma } }),
  }),
});

/**
 * Adds normal noise that is cut to [-limit·sigma, limit·sigma]: numbers outside are drawn again. As a kernel of `smooth` it has compact
 * support.
 */
export const truncatedNormal = definePerturbation({
  name: 'truncated-normal',
  summary: 'Adds normal noise of bounded size to every element.',
  options: {
    sigma: option
      .positive()
      .describe('Standard deviation of the noise before it is cut, in units of the input.'),
    limit: option.positive().default(2).describe('Greatest noise, in units of sigma.'),
  },
  positional: ['sigma', 'limit'],
  example: { sigma: 0.5 },
  make: ({ sigma, limit }) => ({
    masks: false,
    additive: true,
    draw: (x, range) =>
      drawsOf(x, { kind: 'keys', ...range, noise: { distribution: 'normal', scale: -sigma, limit } }),
  }),
});

/** Adds noise that is uniform in a ball around 0. */
export const uniform = definePerturbation({
  name: 'uniform',
  summary: 'Adds noise that is uniform in a box or a ball.',
  options: {
    radius: option.positive().describe('Radius of the ball, in units of the input.'),
    ball: option
      .choice(['linf', 'l2'])
      .default('linf')
      .describe(
        '"linf": every element by itself uniform in [-radius, radius). "l2": all elements together uniform by volume in a Euclidean ball.',
      ),
  },
  positional: ['radius'],
  example: { radius: 0.2 },
  make: ({ radius, ball }) => ({
    masks: false,
    additive: true,
    draw: (x, range) =>
      drawsOf(x, {
        kind: 'keys',
        ...range,
        noise: { distribution: 'uniform', ball: { norm: ball, radius } },
      }),
  }),
});
