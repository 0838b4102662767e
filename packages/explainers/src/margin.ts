import { asBatch, option, refuseMargin, type Score, type Tensor } from '@onnxplain/core';

/** The option `target` of the explainers that ask what changes the prediction. */
export const targetOption = () =>
  option
    .index()
    .optional()
    .describe(
      'Explain why the class of the score is predicted and not this class. Default: not any other class.',
    );

/** The margin at x. Throws `not-applicable` unless it is above 0. Costs one row. */
export async function marginAbove0(where: string, margin: Score, x: Tensor): Promise<number> {
  const [atX] = await margin.value(asBatch(x));
  if (atX > 0) return atX;
  return refuseMargin(where, atX);
}
