import { expression, named, omitDefault } from '../expression.js';
import { option, parseOptions, z } from '../options.js';
import type { Key } from '../random/key.js';
import { denseRows } from '../rows/dense.js';
import { full, type Tensor } from '../tensor/tensor.js';
import type { Perturbation } from '../types.js';
import { baselineFor, drawsOf, expectSpan, inputsOfEach } from './draw.js';

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
    (x: Tensor, key: Key, from: number, to: number) => {
      expectSpan(shown, { from, to }, 1);
      const absent = baselineFor(shown, baseline, x);
      const inputs = inputsOfEach(x, { key, from, to }, ({ input }) => input.set(absent));
      return drawsOf(x, inputs, denseRows(full([to - from, ...x.shape], 1, x)));
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
      const center = baselineFor(shown, baseline, x);
      const inputs = inputsOfEach(x, { key, from, to }, ({ random, input }) => {
        input.set(center);
        random().addNormal(input, sigma);
        if (clip !== undefined) clipTo(clip, input);
      });
      return drawsOf(x, inputs);
    },
    { expression: shown, masks: false },
  );
}

function clipTo([low, high]: readonly [low: number, high: number], input: Tensor['data']): void {
  for (let j = 0; j < input.length; j++) input[j] = Math.min(high, Math.max(low, input[j]));
}
