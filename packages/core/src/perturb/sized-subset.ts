import { definePerturbation } from '../define/perturbation.js';
import { fail } from '../error.js';
import { featuresFor } from '../features/choice.js';
import { option } from '../options.js';
import { fold } from '../random/key.js';
import { stream } from '../random/stream.js';
import { removalValues } from './baselines.js';
import { drawsOf } from './draw.js';
import {
  removalDependsOnLayout,
  removedFeatureOptions,
  withoutIdleRemovalLayout,
} from './removed-features.js';

/**
 * Removes a set of exactly `size` features, uniform among all sets of that size: I = mask ⊙ (x - baseline).
 * Source: the sets of sensitivity-n, Ancona et al. 2018.
 * Drawing throws `option-value` for more features than the input has, and what `subset` throws.
 */
export const sizedSubset = definePerturbation({
  name: 'sized-subset',
  summary: 'Removes a random set of features of one size.',
  options: {
    size: option.count().describe('Number of features in each set.'),
    ...removedFeatureOptions,
  },
  positional: ['size', 'baseline'],
  example: { size: 2 },
  settle: withoutIdleRemovalLayout,
  make({ size, layout, ...options }, expression) {
    return {
      masks: true,
      layoutOpen: removalDependsOnLayout(options) && layout === undefined,
      draw(x, { key, from, to }) {
        const features = featuresFor(expression, x.shape, { features: options.features, layout, x });
        const { count } = features;
        if (size > count) refuseSize(expression, size, count);
        const removed = new Uint8Array((to - from) * count);
        for (let i = from; i < to; i++) {
          const random = stream(fold(key, i));
          const first = (i - from) * count;
          // Floyd's method: one random number for each feature of the set.
          for (let last = count - size; last < count; last++) {
            const chosen = random.below(last + 1);
            removed[first + (removed[first + chosen] === 1 ? last : chosen)] = 1;
          }
        }
        const values = removalValues(expression, options, { x, layout, key, from, to });
        return drawsOf(x, { kind: 'masks', n: to - from, features, removed, ...values });
      },
    };
  },
});

function refuseSize(where: string, size: number, count: number): never {
  return fail({
    code: 'option-value',
    where: `${where}(size)`,
    expected: `at most ${count}, the number of features`,
    got: `${size}`,
  });
}
