import { option } from '@onnxplain/core';

/** The option `target` of the explainers that ask what changes the prediction. */
export const targetOption = () =>
  option
    .classIndex()
    .optional()
    .describe(
      'Explain why the class of the score is predicted and not this class. Default: not any other class.',
    );
