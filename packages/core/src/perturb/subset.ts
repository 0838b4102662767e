import { definePerturbation } from '../define/perturbation.js';
import { elementFeatures, gridFeatures, pixelFeatures } from '../features/partitions.js';
import type { Layout } from '../layout.js';
import { LAYOUT_HELP, option, z } from '../options.js';
import { fold } from '../random/key.js';
import { stream } from '../random/stream.js';
import type { Shape } from '../tensor/tensor.js';
import type { Features } from '../types/attribution.js';
import { baselineFor, drawsOf } from './draw.js';

const share = () =>
  z.number('a number between 0 and 1').gt(0, 'a number between 0 and 1').lt(1, 'a number between 0 and 1');

/**
 * Removes each feature with a probability, independently of the others: I = mask ⊙ (x - baseline).
 * Source: [Y19] section 2.4, "subset of difference to baseline".
 * Drawing throws `tensor-shape` when the baseline does not go into x's shape, and `not-applicable` for a layout that does not fit.
 */
export const subset = definePerturbation({
  name: 'subset',
  summary: 'Removes each feature with a probability.',
  options: {
    probability: share().default(0.5).describe('How likely each feature is to be removed.'),
    baseline: option
      .baseline()
      .default(0)
      .describe(
        "What the removed elements become: a number, or a tensor of the input's shape or repeated to it.",
      ),
    features: z
      .union(
        [z.enum(['elements', 'pixels']), option.count()],
        '"elements", "pixels", or the side of the cells of a grid',
      )
      .default('elements')
      .describe(
        'What is removed as one: "elements" are removed one by one, "pixels" with all their channels, and for a number the whole cells of ' +
          'a grid with this side.',
      ),
    layout: option.layout().describe(LAYOUT_HELP),
  },
  positional: ['probability'],
  // Elements are the same in every layout.
  settle: (options) => (options.features === 'elements' ? { ...options, layout: undefined } : options),
  make({ probability, baseline, features, layout }, expression) {
    const limit = probability * 2 ** 32;
    return {
      masks: true,
      layoutOpen: features !== 'elements' && layout === undefined,
      draw(x, { key, from, to }) {
        const partition = featuresFor(x.shape, { features, layout });
        const { count } = partition;
        const removed = new Uint8Array((to - from) * count);
        for (let i = from; i < to; i++) {
          const random = stream(fold(key, i));
          const end = (i - from + 1) * count;
          for (let at = end - count; at < end; at++) removed[at] = random.uint32() < limit ? 1 : 0;
        }
        const absent = baselineFor(expression, baseline, x);
        return drawsOf(x, { kind: 'masks', n: to - from, features: partition, removed, baseline: absent });
      },
    };
  },
});

interface Partition {
  readonly features: 'elements' | 'pixels' | number;
  readonly layout?: Layout;
}

function featuresFor(shape: Shape, { features, layout = 'chw' }: Partition): Features {
  if (features === 'elements') return elementFeatures(shape);
  if (features === 'pixels') return pixelFeatures(shape, layout);
  return gridFeatures(shape, { layout, cell: features });
}
