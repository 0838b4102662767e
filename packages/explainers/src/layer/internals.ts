import { fail, type Internals, type Score } from '@onnxplain/core';

/** The inner tensors of the model behind a score. Throws `not-applicable` for a score that gives no access to any. */
export function internalsOf(f: Score, where: string): Internals {
  if (f.internals !== undefined) return f.internals;
  return fail({
    code: 'not-applicable',
    where,
    expected: 'the score of a model, which gives access to inner tensors',
    got: 'a score without access to inner tensors',
    remedy: 'Make the score from a model (score of @onnxplain/runtime).',
  });
}
