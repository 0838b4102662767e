import { type Explainer, fail, type Subject } from '@onnxplain/core';

/** The explainer of a subject. Throws `not-applicable` for one that has only the attribution. */
export function explainerOf(where: string, { explain, attribution }: Subject): Explainer {
  if (explain !== undefined) return explain;
  return fail({
    code: 'not-applicable',
    where,
    expected: 'a subject that carries its explainer, to explain again',
    got: `only the attribution that ${attribution.method} made`,
    remedy: 'Give the explainer as `explain`.',
  });
}
