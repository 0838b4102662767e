import { asBatch, defineExplainer, valuesOfFeatures, withoutIdleLayout } from '@onnxplain/core';
import { featuresAt, removalFrom, removalOptions } from './removal.js';

/**
 * Leave-one-out: f(x) - f(x with one feature at the baseline), for each feature. Global, in units of f. All elements of a feature have its
 * number, and `features` says which they are. Evaluates f once for each feature and once at x; no gradients. Windows that overlap are
 * `occlusion`. Throws `option-value` for cells larger than the input, `tensor-shape` for labels or a baseline that do not fit the input,
 * `not-applicable` for a layout that does not fit it.
 * Source: the baseline LOO of [H21] section 5; Zeiler and Fergus 2014 with windows that tile the input.
 */
export const leaveOneOut = defineExplainer({
  name: 'leave-one-out',
  summary: 'Drop of the score when one feature is replaced by the baseline.',
  options: removalOptions,
  positional: ['baseline', 'features'],
  example: { baseline: 0.25, features: 'pixels' },
  promises: ['depends-on-layout'],
  settle: withoutIdleLayout,
  make: (options, expression) => ({
    kind: 'global',
    plannedCost: (f, x) => ({ forward: featuresAt(expression, { f, x }, options).count + 1, backward: 0 }),
    async explain(f, x) {
      const { features, values } = removalFrom(expression, { f, x }, options);
      const [whole] = await f.value(asBatch(x));
      const left = await values(features.count, (removed, i) => {
        removed[i] = 1;
      });
      return {
        ...valuesOfFeatures(
          left.map((value) => whole - value),
          features,
          x.shape,
        ),
      };
    },
  }),
});
