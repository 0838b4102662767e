import { option, type Settings, z } from '@onnxplain/core';
import { rankingOptions, settleRanking } from '../ranking/ranked.js';
import { type Sizes, settleSizes, sizeOptions, sizesOf } from '../ranking/sizes.js';

/** Options of the criteria of robustness. */
export const criterionOptions = {
  attack: option
    .attack()
    .describe('Finds the smallest perturbation of each set of features. Its norm is that of the criterion.'),
  ...sizeOptions,
  ...rankingOptions,
  target: option
    .classIndex()
    .optional()
    .describe('The class to which a perturbation must lead ("why y and not t"). Default: any other class.'),
  cap: z
    .union([z.enum(['box', 'input', 'none']), option.positive()], 'box, input, none or a positive number')
    .optional()
    .describe(
      'Greatest norm that counts; a set for which the attack found no perturbation counts as it. box: the norm of the largest change of all ' +
        'features within the bounds of the input, none where it has no bounds. input: the norm of the input, as in the explainers of the ' +
        "authors' program. none: the number is censored where a set has no perturbation. Default: box; input for preset=paper-code.",
    ),
  preset: option
    .choice(['paper', 'paper-code'])
    .default('paper')
    .describe(
      "paper: as stated here. paper-code: as in the authors' program, the sets hold the features above a percentile, interpolated, at 0, 5, " +
        '..., 45 %, and the norm is the radius at which the search of pgd ended.',
    ),
};

export type CriterionSettings = Settings<typeof criterionOptions>;

/** Leaves out what makes no difference and refuses options that do not go together. */
export const settleCriterion =
  (where: string) =>
  (options: CriterionSettings): CriterionSettings =>
    settleRanking(settleSizes(where, options));

const FROM_ZERO = Array.from({ length: 10 }, (_, i) => 5 * i);

/** The sizes of the sets. */
export const setSizes = (settings: CriterionSettings): Sizes =>
  settings.preset === 'paper'
    ? sizesOf(settings)
    : sizesOf(settings, { otherwise: FROM_ZERO, rounding: aboveThePercentile });

/** How many of so many different numbers are above their percentile that leaves a percentage, interpolated between neighbours. */
const aboveThePercentile = (percentage: number, count: number): number =>
  count - 1 - Math.floor(((count - 1) * (100 - percentage)) / 100);
