import { definePerturbation } from '../define/perturbation.js';
import { dependsOnLayout, featuresFor, withoutIdleLayout } from '../features/choice.js';
import { featuresHelp, LAYOUT_HELP, option, z } from '../options.js';
import { fold } from '../random/key.js';
import { stream } from '../random/stream.js';
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
    features: option.features().default('elements').describe(featuresHelp('What is removed as one')),
    layout: option.layout().describe(LAYOUT_HELP),
  },
  positional: ['probability'],
  settle: withoutIdleLayout,
  make({ probability, baseline, features, layout }, expression) {
    const limit = probability * 2 ** 32;
    return {
      masks: true,
      layoutOpen: dependsOnLayout(features) && layout === undefined,
      draw(x, { key, from, to }) {
        const partition = featuresFor(expression, x.shape, { features, layout });
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
