import { expression, named, omitDefault } from '../expression.js';
import { option, parseOptions, z } from '../options.js';
import type { Key } from '../random/key.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Perturbation } from '../types.js';
import { drawsOf, expectSpan } from './draw.js';

export const gaussianOptions = z.strictObject({ sigma: option.positive() });

/**
 * I = sigma·N(0, 1) for every element; `sigma` is in units of the input. Throws `option-value`.
 * Source: the perturbation of [Y19] section 2.4 around x itself; Smilkov et al. 2017 for smoothing.
 */
export function gaussian(options: z.input<typeof gaussianOptions>): Perturbation {
  const { sigma } = parseOptions('gaussian', gaussianOptions, options);
  const shown = expression('gaussian', [], { sigma });
  return named(
    (x: Tensor, key: Key, from: number, to: number) => {
      expectSpan(shown, { from, to });
      return drawsOf(x, {
        ...{ kind: 'keys', key, from, to },
        noise: { distribution: 'normal', scale: -sigma },
      });
    },
    { expression: shown, masks: false },
  );
}

export const uniformOptions = z.strictObject({
  radius: option.positive(),
  ball: z.enum(['linf', 'l2'], '"linf" or "l2"').default('linf'),
});

/**
 * I uniform in a ball around 0 of this `radius`, in units of the input: 'linf' (default) every element alone in
 * [-radius, radius), 'l2' all together, uniform by volume. Throws `option-value`.
 */
export function uniform(options: z.input<typeof uniformOptions>): Perturbation {
  const { radius, ball } = parseOptions('uniform', uniformOptions, options);
  const shown = expression('uniform', [], { radius, ball: omitDefault(ball, 'linf') });
  return named(
    (x: Tensor, key: Key, from: number, to: number) => {
      expectSpan(shown, { from, to });
      return drawsOf(x, {
        ...{ kind: 'keys', key, from, to },
        noise: { distribution: 'uniform', ball: { norm: ball, radius } },
      });
    },
    { expression: shown, masks: false },
  );
}
