import { fail, type Pass, type Score } from '@onnxplain/core';

/** The score under another backward pass. Throws `not-applicable` for a score that has only its own. */
export function under(f: Score, pass: Pass): Score {
  if (f.under !== undefined) return f.under(pass);
  return fail({
    code: 'not-applicable',
    where: `rules "${pass.rules}"`,
    expected: 'the score of a model, whose backward pass can be chosen',
    got: `a score with the rules "${f.rules}" only`,
    remedy: 'Make the score from a model (score of @onnxplain/runtime), or use gradient.',
  });
}
