import { asBatch, fail, option, type Score, type Tensor, targetedMargin } from '@onnxplain/core';

/** The option `target` of the explainers that ask what changes the prediction. */
export const targetOption = () =>
  option
    .index()
    .optional()
    .describe(
      'Explain why the class of the score is predicted and not this class. Default: not any other class.',
    );

/**
 * The margin of f, which is below 0 where the prediction is another class; with a target, where it is that class. Throws `not-applicable`
 * for a score without a margin and `option-value` for a target that is the class of the score.
 */
export async function marginOf(where: string, f: Score, target?: number): Promise<Score> {
  if (f.with === undefined) {
    return fail({
      code: 'not-applicable',
      where,
      expected: 'a score with a margin, such as that of a class of a model',
      got: 'a function without one',
      remedy: 'Use classifierScore(...) for a JavaScript classifier.',
    });
  }
  if (target === undefined) return f.with({ link: 'margin' });
  if (target === f.classes?.target) {
    fail({
      code: 'option-value',
      where: `${where}: target`,
      expected: 'another class than that of the score',
      got: `${target}`,
      remedy: 'Give the class that the explanation is to speak against.',
    });
  }
  return targetedMargin(await f.with({ target, link: 'margin' }));
}

/** The margin at x. Throws `not-applicable` unless it is above 0. Costs one row. */
export async function marginAbove0(where: string, margin: Score, x: Tensor): Promise<number> {
  const [atX] = await margin.value(asBatch(x));
  if (atX > 0) return atX;
  return fail({
    code: 'not-applicable',
    where,
    expected: 'a margin above 0 at the input: the class of the score is the one that is predicted',
    got: `${atX}`,
    remedy: 'Explain the predicted class.',
  });
}
