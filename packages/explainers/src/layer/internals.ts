import { fail, type Internals, type Score } from '@onnxplain/core';

/** Inner tensors of the model behind a score. Throws `not-applicable` for a score that shows none. */
export function internalsOf(f: Score, where: string): Internals {
  if (f.internals !== undefined) return f.internals;
  return fail({
    code: 'not-applicable',
    where,
    expected: 'the score of a model, whose inner tensors can be seen',
    got: 'a score that shows none',
    remedy: 'Make the score from a model (score of @onnxplain/runtime).',
  });
}
