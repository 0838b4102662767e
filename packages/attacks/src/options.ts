import { option } from '@onnxplain/core';

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
