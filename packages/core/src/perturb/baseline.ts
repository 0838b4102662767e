import { definePerturbation } from '../define/perturbation.js';
import { option, z } from '../options.js';
import { baselineFor, drawsOf } from './draw.js';

const BASELINE =
  'The input that stands for "nothing is there": a number, or a tensor of the input\'s shape or repeated to it.';

/**
 * Replaces the whole input by the baseline, in one draw: I = x - baseline.
 * Source: [Y19] section 2.4, "difference to baseline": with it, zero infidelity means completeness.
 * Drawing throws `tensor-shape` when the baseline does not go into x's shape.
 */
export const differenceToBaseline = definePerturbation({
  name: 'difference-to-baseline',
  summary: 'Replaces the whole input by the baseline, once.',
  options: { baseline: option.baseline().default(0).describe(BASELINE) },
  positional: ['baseline'],
  make: ({ baseline }, expression) => ({
    masks: true,
    count: () => 1,
    exhaustive: true,
    inputIndependent: true,
    draw: (x, { from, to }) =>
      drawsOf(x, {
        kind: 'masks',
        n: to - from,
        features: { count: 1, of: new Int32Array(x.data.length) },
        removed: new Uint8Array(to - from).fill(1),
        baseline: baselineFor(expression, baseline, x),
      }),
  }),
});

const box = () =>
  z
    .tuple([option.number(), option.number()], 'two numbers [low, high]')
    .refine(([low, high]) => low < high, 'two numbers [low, high], low < high');

/**
 * Replaces the whole input by noise around the baseline: I = x - (baseline + sigma·N(0, 1)).
 * Source: [Y19] section 2.4, "difference to noisy baseline".
 * Drawing throws `tensor-shape` when the baseline does not go into x's shape.
 */
export const noisyBaseline = definePerturbation({
  name: 'noisy-baseline',
  summary: 'Replaces the whole input by noise around the baseline.',
  options: {
    sigma: option.positive().describe('Standard deviation of the noise, in units of the input.'),
    baseline: option.baseline().default(0).describe(BASELINE),
    clip: box()
      .optional()
      .describe(
        'Least and greatest value of an element; values outside are moved to the nearer one. [0, 1] around the baseline 0 is the ' +
          "half-normal noise of the authors' program. Default: nothing is clipped.",
      ),
  },
  positional: ['sigma'],
  example: { sigma: 0.2 },
  make: ({ sigma, baseline, clip }, expression) => ({
    masks: false,
    draw: (x, range) =>
      drawsOf(x, {
        kind: 'keys',
        ...range,
        centre: baselineFor(expression, baseline, x),
        noise: { distribution: 'normal', scale: sigma },
        ...(clip && { clip }),
      }),
  }),
});
