import { type Attack, defineExplainer, fold, option } from '@onnxplain/core';
import { banzhafOf, valuesWithErrors } from './banzhaf.js';
import { robustnessOptions, settleRobustness } from './options.js';
import { productsOf, robustnessAt } from './robustness.js';

/**
 * One-step Banzhaf: the Banzhaf value of each feature for the robustness of sets, which is the mean rise of the norm of the smallest
 * perturbation as the feature joins a set, over all sets of the others. With criterion 'complement' all features outside of the set are
 * perturbed; with 'set' those of the set, and the sign is flipped. A ranking, in units of the attack's norm.
 *
 * It is the least-squares coefficient over uniform subsets, with intercept ([H21] Eq. 6 with no feature chosen). Where all 2^d subsets fit
 * into `subsets` they are all taken and the values are exact for the norms that the attack found. Otherwise subsets come in pairs of
 * complements, which cancel the interactions of even order, and `stderr` has the standard error of each value. With preset 'paper-code'
 * subsets are independent and there is no intercept. What an attack finds counts as in `greedy`.
 * Throws `option-value` for too few subsets, `not-applicable` where no set can change the prediction, and what `greedy` throws.
 * Source: [H21] section 3.3.
 */
export const oneStepBanzhaf = defineExplainer({
  name: 'one-step-banzhaf',
  summary: 'Banzhaf value of each feature for the robustness of sets of features.',
  options: {
    ...robustnessOptions,
    subsets: option
      .count()
      .default(10_000)
      .describe('How many subsets are attacked; the standard error falls as 1/sqrt(subsets).'),
  },
  parts: (attack: Attack) => ({ attack }),
  positional: ['attack', 'subsets'],
  example: { subsets: 60, features: 'pixels' },
  promises: ['depends-on-layout'],
  settle: settleRobustness('one-step-banzhaf'),
  make: ({ subsets, ...options }, expression) => ({
    kind: 'ranking',
    async explain(f, x, key) {
      const robustness = await robustnessAt(expression, { f, x }, options);
      const { features, findings } = robustness;
      const { values, stderr, ...rest } = await banzhafOf(
        robustness,
        {
          where: expression,
          chosen: new Uint8Array(features.count),
          subsets,
          preset: options.preset,
          share: 0.5,
        },
        { key: fold(key, 'one-step-banzhaf'), products: productsOf(f) },
      );
      return {
        ...valuesWithErrors({ values, stderr }, features, x.shape),
        ...rest,
        ...findings(),
      };
    },
  }),
});
