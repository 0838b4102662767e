import { type BackwardRules, fail, type Score } from '@onnxplain/core';

/** The score with other backward rules. Throws `not-applicable` for a score whose rules cannot be changed. */
export async function withRules(f: Score, rules: BackwardRules): Promise<Score> {
  if (f.with !== undefined) return f.with({ rules });
  return fail({
    code: 'not-applicable',
    where: `rules "${typeof rules === 'string' ? rules : rules.name}"`,
    expected: 'the score of a model, whose backward rules can be chosen',
    got: `a score with the rules "${f.rules}" only`,
    remedy: 'Make the score from a model (score of @onnxplain/runtime), or use gradient.',
  });
}
