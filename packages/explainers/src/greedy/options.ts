import { fail, featuresHelp, option, type Settings, withoutIdleLayout } from '@onnxplain/core';
import { LAYOUT } from '../layout.js';
import { targetOption } from '../margin.js';

/** Whose details an explainer follows. */
export type Preset = 'paper' | 'paper-code';

/** Options of the explainers that rank features by the perturbations that an attack finds. */
export const robustnessOptions = {
  attack: option
    .attack()
    .describe('Finds the smallest perturbation for each set of features. Its norm is that of the criterion.'),
  pilots: option
    .attack()
    .optional()
    .describe(
      'Attacks some sets, the pilots, at whose points the searches of all sets begin, so that these points do not depend on the steps of ' +
        '`attack`. It must have the same norm. Only with preset=paper and 400 sets or more. Default: `attack`; in expressions ' +
        'fmn(steps=20) where `attack` takes gradients.',
    ),
  criterion: option
    .choice(['complement', 'set'])
    .default('complement')
    .describe(
      'complement: features whose values, when they are kept, make the prediction hardest to change by all other features (Robustness-S̄r). ' +
        'set: features that change the prediction by the smallest perturbation of them alone (Robustness-Sr).',
    ),
  target: targetOption(),
  preset: option
    .choice(['paper', 'paper-code'])
    .default('paper')
    .describe("paper: the method of [H21]. paper-code: that of the authors' program."),
  features: option.features().default('elements').describe(featuresHelp('What is ranked as one')),
  layout: option.layout().describe(LAYOUT),
};

export type RobustnessSettings = Settings<typeof robustnessOptions>;

/** Leaves out what makes no difference, and refuses pilots of another norm with `option-value`. */
export const settleRobustness =
  (where: string) =>
  <S extends RobustnessSettings>(options: S): S => {
    const settled = withoutIdleLayout(options);
    const { attack, pilots, preset } = settled;
    if (preset === 'paper-code' || pilots?.expression === attack.expression)
      return { ...settled, pilots: undefined };
    if (pilots === undefined || pilots.norm === attack.norm) return settled;
    return fail({
      code: 'option-value',
      where: `${where}(pilots)`,
      expected: `an attack of the norm ${attack.norm}, as the attack ${attack.expression}`,
      got: pilots.expression,
    });
  };

const fraction = (otherwise: number) =>
  option.positive().max(1, 'a fraction, above 0 and at most 1').default(otherwise);

/** Options of the explainers that choose features in steps. */
export const stepOptions = {
  step: fraction(0.05).describe(
    'Fraction of the features that each step chooses, at least one feature. Smaller steps cost more and take more account of the chosen ones.',
  ),
  stop: fraction(0.5).describe(
    'Fraction of the features at which the search stops. The others are ranked below the chosen ones.',
  ),
};

export type StepSettings = Settings<typeof stepOptions>;
