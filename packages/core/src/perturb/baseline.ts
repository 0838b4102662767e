import { expression, named, omitDefault } from '../expression.js';
import { option, parseOptions, z } from '../options.js';
import type { Key } from '../random/key.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Perturbation } from '../types.js';
import { baselineFor, drawsOf, expectSpan } from './draw.js';

export const differenceOptions = z.strictObject({ baseline: option.baseline().default(0) });

/**
 * I = x - baseline, one draw, all features removed. `baseline` is a number (default 0) or a tensor, repeated to x's shape.
 * Source: [Y19] section 2.4, "difference to baseline": with it infidelity asks for completeness.
 * Throws `option-value`, and `tensor-shape` when the baseline does not go into x's shape.
 */
export function differenceToBaseline(options: z.input<typeof differenceOptions> = {}): Perturbation {
  const { baseline } = parseOptions('difference-to-baseline', differenceOptions, options);
  const shown = expression('difference-to-baseline', [], { baseline: omitDefault(baseline, 0) });
  return named(
    (x: Tensor, _key: Key, from: number, to: number) => {
      expectSpan(shown, { from, to }, 1);
      return drawsOf(x, {
        kind: 'masks',
        n: to - from,
        features: { count: 1, of: new Int32Array(x.data.length) },
        removed: new Uint8Array(to - from).fill(1),
        baseline: baselineFor(shown, baseline, x),
      });
    },
    { expression: shown, masks: true, count: () => 1, exhaustive: true, inputIndependent: true },
  );
}

const clipOptions = z
  .tuple([option.number(), option.number()], 'two numbers [low, high]')
  .refine(([low, high]) => low < high, 'two numbers [low, high], low < high');

export const noisyBaselineOptions = z.strictObject({
  sigma: option.positive(),
  baseline: option.baseline().default(0),
  clip: clipOptions.optional(),
});

/**
 * I = x - (baseline + sigma·N(0, 1)): the input becomes noise around the baseline (a number, default 0, or a tensor,
 * repeated to x's shape). `clip: [low, high]` keeps the input in that box; [0, 1] around 0 is the half-normal of the authors'
 * program; by default nothing is clipped. Source: [Y19] section 2.4, "difference to noisy baseline".
 * Throws `option-value`, and `tensor-shape` when the baseline does not go into x's shape.
 */
export function noisyBaseline(options: z.input<typeof noisyBaselineOptions>): Perturbation {
  const { sigma, baseline, clip } = parseOptions('noisy-baseline', noisyBaselineOptions, options);
  const shown = expression('noisy-baseline', [], {
    sigma,
    baseline: omitDefault(baseline, 0),
    clip,
  });
  return named(
    (x: Tensor, key: Key, from: number, to: number) => {
      expectSpan(shown, { from, to });
      return drawsOf(x, {
        ...{ kind: 'keys', key, from, to },
        centre: baselineFor(shown, baseline, x),
        noise: { distribution: 'normal', scale: sigma },
        ...(clip && { clip }),
      });
    },
    { expression: shown, masks: false },
  );
}
