import { scale } from '../tensor/arithmetic.js';
import type { Score } from '../types/score.js';

/**
 * Negates a margin: the best other class less the class of the score, with link 'margin'. It is above 0 until that class is the best one,
 * so that an attack on it is targeted: it leads to that class ("why y and not t", [H21] section 3). With another target or link it is the
 * negated score of these. Inner tensors and second derivatives are left out, because they
 * belong to the margin that is not negated.
 */
export function targetedMargin(margin: Score): Score {
  const { classes, internals: _, along: _second, ...rest } = margin;
  const change = margin.with?.bind(margin);
  return {
    ...rest,
    value: async (batch) => (await margin.value(batch)).map((value) => -value),
    gradient: async (batch) => scale(await margin.gradient(batch), -1),
    with: change && (async (what) => targetedMargin(await change(what))),
    classes: classes && { ...classes, targeted: classes.targeted !== true },
  };
}
