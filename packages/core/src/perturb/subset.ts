import { definePerturbation } from '../define/perturbation.js';
import { featuresFor } from '../features/choice.js';
import { z } from '../options.js';
import { fold } from '../random/key.js';
import { stream } from '../random/stream.js';
import { baselineCount, removalValues } from './baselines.js';
import { drawsOf } from './draw.js';
import {
  removalDependsOnLayout,
  removedFeatureOptions,
  withoutIdleRemovalLayout,
} from './removed-features.js';

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
    ...removedFeatureOptions,
  },
  positional: ['probability'],
  settle: withoutIdleRemovalLayout,
  make({ probability, layout, ...options }, expression) {
    const limit = probability * 2 ** 32;
    return {
      masks: true,
      layoutOpen: removalDependsOnLayout(options) && layout === undefined,
      draw(x, { key, from, to }) {
        const features = featuresFor(expression, x.shape, { features: options.features, layout, x });
        const { count } = features;
        const removed = new Uint8Array((to - from) * count);
        for (let i = from; i < to; i++) {
          const random = stream(fold(key, i));
          const end = (i - from + 1) * count;
          for (let at = end - count; at < end; at++) removed[at] = random.uint32() < limit ? 1 : 0;
        }
        const values = removalValues(expression, options, { x, layout, key, from, to });
        return drawsOf(x, { kind: 'masks', n: to - from, features, removed, ...values });
      },
    };
  },
});

/**
 * Removes each feature alone, once: I = e_i ⊙ (x - baseline). Draws go by feature; with several baselines, by baseline, then feature.
 * Source: [Y19] Proposition 2.4: the optimal explanation is then occlusion of single features.
 * Drawing throws what `subset` throws.
 */
export const singletons = definePerturbation({
  name: 'singletons',
  summary: 'Removes each feature alone, once.',
  options: removedFeatureOptions,
  positional: ['baseline', 'features'],
  settle: withoutIdleRemovalLayout,
  make({ layout, ...options }, expression) {
    const { features: choice, baseline, noise } = options;
    const featuresIn = (shape: readonly number[]) =>
      featuresFor(expression, shape, { features: choice, layout });
    return {
      masks: true,
      layoutOpen: removalDependsOnLayout(options) && layout === undefined,
      count: (shape) => featuresIn(shape).count * baselineCount(baseline, shape),
      exhaustive: noise === undefined,
      inputIndependent: true,
      draw(x, { key, from, to }) {
        const features = featuresIn(x.shape);
        const { count } = features;
        const removed = new Uint8Array((to - from) * count);
        for (let i = from; i < to; i++) removed[(i - from) * count + (i % count)] = 1;
        const values = removalValues(expression, options, { x, layout, key, from, to, each: count });
        return drawsOf(x, { kind: 'masks', n: to - from, features, removed, ...values });
      },
    };
  },
});
