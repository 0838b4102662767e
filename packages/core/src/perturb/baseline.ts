import { definePerturbation } from '../define/perturbation.js';
import { fail } from '../error.js';
import { LAYOUT_HELP, option, z } from '../options.js';
import type { KeyDraws } from '../types/compact-draws.js';
import {
  baselineChoice,
  baselineCount,
  baselineDependsOnLayout,
  baselineOf,
  removalValueOptions,
  removalValues,
} from './baselines.js';
import { drawsOf } from './draw.js';

/**
 * Replaces the whole input by the baseline, in one draw for each baseline: I = x - baseline.
 * Source: [Y19] section 2.4, "difference to baseline": with it, zero infidelity means completeness.
 * Drawing throws `tensor-shape` when the baseline does not go into x's shape.
 */
export const differenceToBaseline = definePerturbation({
  name: 'difference-to-baseline',
  summary: 'Replaces the whole input by the baseline, once.',
  options: { ...removalValueOptions, layout: option.layout().describe(LAYOUT_HELP) },
  positional: ['baseline'],
  settle: (options) =>
    baselineDependsOnLayout(options.baseline) ? options : { ...options, layout: undefined },
  make: ({ baseline, noise, layout }, expression) => ({
    masks: true,
    count: (shape) => baselineCount(baseline, shape),
    exhaustive: noise === undefined,
    inputIndependent: true,
    layoutOpen: baselineDependsOnLayout(baseline) && layout === undefined,
    draw: (x, range) => {
      const n = range.to - range.from;
      return drawsOf(x, {
        kind: 'masks',
        n,
        features: { count: 1, of: new Int32Array(x.data.length) },
        removed: new Uint8Array(n).fill(1),
        ...removalValues(expression, { baseline, noise }, { x, layout, ...range, each: 1 }),
      });
    },
  }),
});

const box = () =>
  z
    .tuple([option.number(), option.number()], 'two numbers [low, high]')
    .refine(([low, high]) => low < high, 'two numbers [low, high], low < high');

const distributions = ['normal', 'uniform', 'truncated'] as const;

/**
 * Replaces the whole input by noise around the baseline: I = x - (baseline + sigma·N(0, 1)), or noise of another distribution.
 * Source: [Y19] section 2.4, "difference to noisy baseline".
 * Throws `option-value` for a limit without distribution=truncated. Drawing throws `tensor-shape` when the baseline does not go into x's
 * shape.
 */
export const noisyBaseline = definePerturbation({
  name: 'noisy-baseline',
  summary: 'Replaces the whole input by noise around the baseline.',
  options: {
    sigma: option
      .positive()
      .describe(
        'Standard deviation of the normal noise, in units of the input; with distribution=truncated before it is cut. With ' +
          'distribution=uniform the noise lies in [-sigma, sigma).',
      ),
    baseline: baselineChoice('The input that stands for "nothing is there".'),
    clip: box()
      .optional()
      .describe(
        'Least and greatest value of an element; values outside are moved to the nearer one. [0, 1] around the baseline 0 is the ' +
          "half-normal noise of the authors' program. Default: nothing is clipped.",
      ),
    distribution: option
      .choice(distributions)
      .default('normal')
      .describe(
        'Distribution of the noise: normal, uniform, or a normal distribution that is cut at limit·sigma.',
      ),
    limit: option
      .positive()
      .optional()
      .describe('Greatest noise with distribution=truncated, in units of sigma. Default: 2.'),
    layout: option.layout().describe(LAYOUT_HELP),
  },
  positional: ['sigma'],
  example: { sigma: 0.2 },
  settle(options) {
    const { distribution, limit, baseline } = options;
    if (limit !== undefined && distribution !== 'truncated') {
      fail({
        code: 'option-value',
        where: 'noisy-baseline(limit)',
        expected: 'no limit for noise that is not cut',
        got: `${limit}`,
        remedy: 'Add distribution=truncated, or leave limit out.',
      });
    }
    return baselineDependsOnLayout(baseline) ? options : { ...options, layout: undefined };
  },
  make: ({ sigma, baseline, clip, distribution, limit = 2, layout }, expression) => ({
    masks: false,
    layoutOpen: baselineDependsOnLayout(baseline) && layout === undefined,
    draw: (x, range) =>
      drawsOf(x, {
        kind: 'keys',
        ...range,
        centre: baselineOf(expression, baseline, { x, layout, ...range }),
        noise: noiseOf(distribution, sigma, limit),
        ...(clip && { clip }),
      }),
  }),
});

function noiseOf(
  distribution: (typeof distributions)[number],
  sigma: number,
  limit: number,
): KeyDraws['noise'] {
  if (distribution === 'uniform') return { distribution, ball: { norm: 'linf', radius: sigma } };
  return { distribution: 'normal', scale: sigma, ...(distribution === 'truncated' && { limit }) };
}
