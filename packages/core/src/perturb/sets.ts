import { counted } from '../counted.js';
import { definePerturbation } from '../define/perturbation.js';
import { fail } from '../error.js';
import { dependsOnInput, featuresFor } from '../features/choice.js';
import { option, z } from '../options.js';
import type { Shape, Tensor } from '../tensor/tensor.js';
import type { Features } from '../types/attribution.js';
import { baselineCount, removalValues } from './baselines.js';
import { drawsOf } from './draw.js';
import {
  removalDependsOnLayout,
  removedFeatureOptions,
  withoutIdleRemovalLayout,
} from './removed-features.js';

const list = () => z.array(option.index()).min(1, 'at least one feature');

/**
 * Removes given sets of features, each once: I = mask ⊙ (x - baseline). With several baselines draws go by baseline, then set.
 * Source: [Y19] section 2.4, "subset of difference to baseline" with fixed sets.
 * Drawing throws `option-value` for a feature that the input does not have, and what `subset` throws.
 */
export const sets = definePerturbation({
  name: 'sets',
  summary: 'Removes given sets of features, each once.',
  options: {
    sets: z
      .array(list(), 'a list of sets')
      .min(1, 'at least one set')
      .describe('The sets, each a list of numbers of features from 0: [[0,1],[5]].'),
    ...removedFeatureOptions,
  },
  positional: ['sets', 'baseline'],
  example: { sets: [[0, 3], [7]] },
  settle: withoutIdleRemovalLayout,
  make({ sets, layout, ...options }, expression) {
    return {
      masks: true,
      layoutOpen: removalDependsOnLayout(options) && layout === undefined,
      count: (shape) => sets.length * baselineCount(options.baseline, shape),
      exhaustive: options.noise === undefined,
      inputIndependent: !dependsOnInput(options.features),
      draw(x, { key, from, to }) {
        const features = featuresFor(expression, x.shape, { features: options.features, layout, x });
        const removed = new Uint8Array((to - from) * features.count);
        for (let i = from; i < to; i++) {
          for (const feature of sets[i % sets.length]) {
            if (feature >= features.count) refuseFeature(expression, feature, features);
            removed[(i - from) * features.count + feature] = 1;
          }
        }
        const values = removalValues(expression, options, { x, layout, key, from, to, each: sets.length });
        return drawsOf(x, { kind: 'masks', n: to - from, features, removed, ...values });
      },
    };
  },
});

function refuseFeature(where: string, feature: number, { count }: Features): never {
  return fail({
    code: 'option-value',
    where: `${where}(sets)`,
    expected: `numbers of features from 0 to ${count - 1}`,
    got: `${feature}`,
  });
}

/**
 * Removes what stored masks say: I = mask ⊙ (x - baseline). The masks count as a sample, so that a mean over them has a standard error.
 * Throws `option-value` for numbers other than 0 and 1. Drawing throws `tensor-shape` for masks with another number of columns than the
 * input has features, and what `subset` throws.
 */
export const storedMasks = definePerturbation({
  name: 'stored-masks',
  summary: 'Removes what stored masks say.',
  options: {
    masks: option
      .tensor()
      .describe(
        'One mask for each draw, 1 for what it removes and 0 for what stays: [n, features], which is [n, ...shape of x] for elements.',
      ),
    ...removedFeatureOptions,
  },
  parts: (masks: Tensor) => ({ masks }),
  positional: ['masks', 'baseline'],
  settle(options) {
    const { data } = options.masks;
    const odd = data.findIndex((value: number) => value !== 0 && value !== 1);
    if (odd < 0) return withoutIdleRemovalLayout(options);
    return fail({
      code: 'option-value',
      where: 'stored-masks(masks)',
      expected: 'masks of 0 and 1',
      got: `${data[odd]}`,
      remedy: 'Numbers that were taken away go to fixed(deltas).',
    });
  },
  make({ masks, layout, ...options }, expression) {
    const [n = 0] = masks.shape;
    return {
      masks: true,
      layoutOpen: removalDependsOnLayout(options) && layout === undefined,
      count: (shape: Shape) => n * baselineCount(options.baseline, shape),
      inputIndependent: !dependsOnInput(options.features),
      draw(x, { key, from, to }) {
        const features = featuresFor(expression, x.shape, { features: options.features, layout, x });
        expectColumns(expression, masks, features);
        const removed = new Uint8Array((to - from) * features.count);
        for (let i = from; i < to; i++) {
          const first = (i % n) * features.count;
          removed.set(masks.data.subarray(first, first + features.count), (i - from) * features.count);
        }
        const values = removalValues(expression, options, { x, layout, key, from, to, each: n });
        return drawsOf(x, { kind: 'masks', n: to - from, features, removed, ...values });
      },
    };
  },
});

function expectColumns(where: string, { shape: [n = 0], data }: Tensor, { count }: Features): void {
  const columns = n === 0 ? 0 : data.length / n;
  if (columns === count) return;
  fail({
    code: 'tensor-shape',
    where: `${where}(masks)`,
    expected: `${counted(count, 'number')} a mask, one for each feature`,
    got: `${columns}`,
  });
}
