import { fail } from '../error.js';
import { scale } from '../tensor/arithmetic.js';
import type { Score } from '../types/score.js';

/**
 * Negates a margin: the best other class less the class of the score, with link 'margin'. It is above 0 until that class is the best one,
 * so that an attack on it is targeted: it leads to that class ("why y and not t", [H21] section 3). With another target or link it is the
 * negated score of these. Inner tensors are left out, because their gradients belong to the margin that is not negated.
 */
export function targetedMargin(margin: Score): Score {
  const { classes, internals: _, ...rest } = margin;
  const change = margin.with?.bind(margin);
  return {
    ...rest,
    value: async (batch) => (await margin.value(batch)).map((value) => -value),
    gradient: async (batch) => scale(await margin.gradient(batch), -1),
    with: change && (async (what) => targetedMargin(await change(what))),
    classes: classes && { ...classes, targeted: classes.targeted !== true },
  };
}

/**
 * The margin on which the robustness of sets of features is searched: that of the score's class, or, with a target, the targeted one, which
 * is above 0 until the target is the best class. Throws `not-applicable` for a score without a margin, and `option-value` for a target
 * that is the class of the score.
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

/** Refuses a margin that is not above 0 at the input with `not-applicable`. */
export function refuseMargin(where: string, got: number): never {
  return fail({
    code: 'not-applicable',
    where,
    expected: 'a margin above 0 at the input: the class of the score is the one that is predicted',
    got: `${got}`,
    remedy: 'Explain the predicted class.',
  });
}
