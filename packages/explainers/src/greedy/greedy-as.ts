import { type Attack, defineExplainer, fold, option } from '@onnxplain/core';
import { banzhafOf, valuesWithErrors } from './banzhaf.js';
import { robustnessOptions, settleRobustness, stepOptions } from './options.js';
import { productsOf, robustnessAt } from './robustness.js';
import { chooseInSteps } from './steps.js';
import { PAPER_CODE_SHARE } from './subsets.js';

/**
 * Greedy-AS: each step attacks subsets that hold the features chosen so far, fits the norms by least squares ([H21] Eq. 6), and chooses
 * the features with the largest coefficients; so a feature counts by what it adds to many sets. A ranking: features of earlier steps come
 * first. With preset 'paper' a value is a coefficient plus a constant of its step, and `stderr` has the standard error of the coefficient;
 * features never chosen come last, by their coefficients of the last step. With 'paper-code' features of one step are equal, and the
 * others 0.
 *
 * 'paper': uniform subsets in pairs of complements, with intercept; all subsets where they fit into `subsets`. 'paper-code': independent
 * subsets with the probability 0.2 of each feature, and a column of ones for each chosen feature in place of the intercept. What an attack
 * finds counts as in `greedy`, and so do its calls. Throws what `one-step-banzhaf` throws.
 * Source: [H21] section 3.3.
 */
export const greedyAs = defineExplainer({
  name: 'greedy-as',
  summary: 'Features chosen in steps by regression on the robustness of sets (Greedy-AS).',
  options: {
    ...robustnessOptions,
    ...stepOptions,
    subsets: option
      .count()
      .default(5000)
      .describe('How many subsets each step attacks; the standard error falls as 1/sqrt(subsets).'),
  },
  parts: (attack: Attack) => ({ attack }),
  positional: ['attack', 'subsets'],
  example: { subsets: 60, step: 0.2, stop: 0.4, features: 'pixels' },
  promises: ['depends-on-layout'],
  settle: settleRobustness('greedy-as'),
  make: ({ step, stop, subsets, ...options }, expression) => ({
    kind: 'ranking',
    async explain(f, x, key) {
      const robustness = await robustnessAt(expression, { f, x }, options);
      const { features, findings } = robustness;
      const { preset } = options;
      const steps = { step, stop, preset, key: fold(key, 'greedy-as') };
      const found = await chooseInSteps(features.count, steps, (chosen, own) =>
        banzhafOf(
          robustness,
          { where: expression, chosen, subsets, preset, share: PAPER_CODE_SHARE },
          { key: own, products: productsOf(f) },
        ),
      );
      return {
        ...valuesWithErrors(found, features, x.shape),
        ...findings(),
      };
    },
  }),
});
