import { expression, named, omitDefault } from '../expression.js';
import { elementFeatures, gridFeatures, pixelFeatures } from '../features/partitions.js';
import type { Layout } from '../layout.js';
import { option, parseOptions, z } from '../options.js';
import { fold, type Key } from '../random/key.js';
import { stream } from '../random/stream.js';
import type { Shape, Tensor } from '../tensor/tensor.js';
import type { Features, Perturbation } from '../types.js';
import { baselineFor, drawsOf, expectSpan } from './draw.js';

const EXPECTED = '"elements", "pixels", or the side of the cells of a grid';

export const subsetOptions = z.strictObject({
  probability: z
    .number('a number between 0 and 1')
    .gt(0, 'a number between 0 and 1')
    .lt(1, 'a number between 0 and 1')
    .default(0.5),
  baseline: option.baseline().default(0),
  features: z.union([z.enum(['elements', 'pixels']), option.count()], EXPECTED).default('elements'),
  layout: option.layout(),
});
type Options = z.output<typeof subsetOptions>;

/**
 * Removes each feature with the `probability` (default 0.5), independently: I = mask ⊙ (x - baseline). `baseline` is a
 * number (default 0) or a tensor, repeated to x's shape. `features`: 'elements' (default) are removed one by one; 'pixels' with all
 * their channels; a number removes the cells of a grid with this side, whole. `layout` says what the axes are, for pixels and cells; where
 * it is left out, what the score says of its input takes its place (see `perturbationOf`), else 'chw'.
 * Source: [Y19] section 2.4, "subset of difference to baseline".
 * Throws `option-value`, `tensor-shape` when the baseline does not go into x's shape, and `not-applicable` for a layout that does not fit.
 */
export function subset(options: z.input<typeof subsetOptions> = {}): Perturbation {
  const given = parseOptions('subset', subsetOptions, options);
  const limit = given.probability * 2 ** 32;
  const shown = expressionOf(given);
  const goesByLayout = given.features !== 'elements' && given.layout === undefined;
  const perturb = (x: Tensor, key: Key, from: number, to: number) => {
    expectSpan(shown, { from, to });
    const baseline = baselineFor(shown, given.baseline, x);
    const features = featuresFor(x.shape, given);
    const removed = new Uint8Array((to - from) * features.count);
    for (let i = from; i < to; i++) {
      const random = stream(fold(key, i));
      const end = (i - from + 1) * features.count;
      for (let at = end - features.count; at < end; at++) removed[at] = random.uint32() < limit ? 1 : 0;
    }
    return drawsOf(x, { kind: 'masks', n: to - from, features, removed, baseline });
  };
  return named(perturb, {
    expression: shown,
    masks: true,
    ...(goesByLayout && { inLayout: (layout: Layout) => subset({ ...options, layout }) }),
  });
}

function expressionOf({ probability, baseline, features, layout }: Options): string {
  return expression('subset', [], {
    probability: omitDefault(probability, 0.5),
    baseline: omitDefault(baseline, 0),
    features: omitDefault(features, 'elements'),
    layout: features === 'elements' ? undefined : layout,
  });
}

function featuresFor(shape: Shape, { features, layout = 'chw' }: Options): Features {
  if (features === 'elements') return elementFeatures(shape);
  if (features === 'pixels') return pixelFeatures(shape, layout);
  return gridFeatures(shape, { layout, cell: features });
}
