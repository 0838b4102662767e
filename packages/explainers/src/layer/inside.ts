import { fail, type Inside, type Score } from '@onnxplain/core';

/** The model behind a score. Throws `not-applicable` for a score that shows none. */
export function insideOf(f: Score, where: string): Inside {
  if (f.inside !== undefined) return f.inside;
  return fail({
    code: 'not-applicable',
    where,
    expected: 'the score of a model, whose inner tensors can be seen',
    got: 'a score that shows none',
    remedy: 'Make the score from a model (score of @onnxplain/runtime).',
  });
}
