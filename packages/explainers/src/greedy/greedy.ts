import { type Attack, defineExplainer, fold, valuesOfFeatures } from '@onnxplain/core';
import { robustnessOptions, settleRobustness, stepOptions } from './options.js';
import { refuseUnchanged, robustnessAt } from './robustness.js';
import { chooseInSteps } from './steps.js';
import { openOf } from './subsets.js';

/**
 * Greedy: each step adds every feature alone to those chosen so far, attacks all these sets, and chooses the features whose sets have the
 * largest norm of the smallest perturbation of all other features (criterion 'complement'), or the smallest norm of a perturbation of the
 * set itself ('set'). A ranking: features of earlier steps come first. Within a step and after the last one they come by their norms; with
 * preset 'paper-code' they are equal.
 *
 * All sets of a step are attacked in one call; large inputs are split into calls of 2^24 elements. With 'paper' each search starts at a
 * point that was found before, the one whose linear margin is nearest to the set; sets that have two classes about as near are searched
 * for both (`set-attacks.ts`). Where the attack finds no
 * perturbation the set counts as the greatest norm of the call; with 'paper-code' as the l2 norm of the input. Features with equal
 * numbers, such as single features that cannot change the prediction, come in random order. The score must have a margin above 0 at x.
 * Detail `decision`, where there were some: the number of sets for which the attack `minimum` saw no slope and searched without gradients.
 * Throws `not-applicable` also where no perturbation was found for any set, `option-value`, `tensor-shape`, `non-finite` and what the
 * attack throws.
 * Source: [H21] section 3.2.
 */
export const greedy = defineExplainer({
  name: 'greedy',
  summary: 'Features chosen in steps, each by the robustness of the chosen set with that feature (Greedy).',
  options: { ...robustnessOptions, ...stepOptions },
  parts: (attack: Attack) => ({ attack }),
  positional: ['attack'],
  example: { features: 'pixels', step: 0.2 },
  promises: ['depends-on-layout'],
  settle: settleRobustness('greedy'),
  make: ({ step, stop, ...options }, expression) => ({
    kind: 'ranking',
    async explain(f, x, key) {
      const robustness = await robustnessAt(expression, { f, x }, options);
      const { features, findings } = robustness;
      const steps = { step, stop, preset: options.preset, key: fold(key, 'greedy') };
      const seen = { sets: 0, found: 0 };
      const { values } = await chooseInSteps(features.count, steps, async (chosen, own) => {
        const open = openOf(chosen);
        const sets = new Uint8Array(open.length * features.count);
        open.forEach((feature, i) => {
          sets.set(chosen, i * features.count);
          sets[i * features.count + feature] = 1;
        });
        const found = await robustness.importances(sets, fold(own, 'attack'));
        seen.sets += open.length;
        seen.found += found.found;
        const numbers = new Float64Array(features.count);
        open.forEach((feature, i) => {
          numbers[feature] = found.values[i];
        });
        return { values: numbers };
      });
      if (seen.found === 0) refuseUnchanged(expression, seen.sets);
      return { ...valuesOfFeatures(values, features, x.shape), ...findings() };
    },
  }),
});
