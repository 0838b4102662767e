import { fail, type Score, type ScoreChange } from '@onnxplain/core';

/**
 * The score of the same model with weights that are drawn anew, of the same or another class. Throws `not-applicable` for a score that is
 * not of a model.
 */
export async function scoreWithWeights(
  where: string,
  f: Score,
  change: Pick<ScoreChange, 'weights' | 'target'>,
): Promise<Score> {
  if (f.with !== undefined) return f.with(change);
  return fail({
    code: 'not-applicable',
    where,
    expected: 'a score with weights, such as that of a model',
    got: 'a function without them',
    remedy: 'Measure explanations of a model, or give the score a `with` that draws its weights.',
  });
}
