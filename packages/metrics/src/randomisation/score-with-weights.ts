import { type DrawnWeights, fail, type Score } from '@onnxplain/core';

/** The score of the same model with weights that are drawn anew. Throws `not-applicable` for a score that is not of a model. */
export async function scoreWithWeights(where: string, f: Score, weights: DrawnWeights): Promise<Score> {
  if (f.with !== undefined) return f.with({ weights });
  return fail({
    code: 'not-applicable',
    where,
    expected: 'a score with weights, such as that of a model',
    got: 'a function without them',
    remedy: 'Measure explanations of a model, or give the score a `with` that draws its weights.',
  });
}
