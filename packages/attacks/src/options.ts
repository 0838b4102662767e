import { option } from '@onnxplain/core';

/** The greatest numbers that options take: each is more than a hundred times what the defaults have, and still ends. */
export const MOST_STEPS = 10_000;
export const MOST_STARTS = 1000;
export const MOST_DRAWS = 100_000;

/** Option `norm` of the attacks that make any of the three norms small. */
export const normOption = () =>
  option.choice(['l1', 'l2', 'linf']).default('l2').describe('The norm that is made small.');

/** Option `temperature` of the attacks that follow the gradient of a soft margin. */
export const temperatureOption = () =>
  option
    .positive()
    .default(1)
    .describe(
      'How far the other classes count in the soft margin, in units of the logits; towards 0 only the best one does. It is twice as large ' +
        'in the first half of the steps.',
    );
