import type { Perturbation } from '../types/draws.js';
import type { Score } from '../types/score.js';

/**
 * Returns the perturbation for inputs of a score: a perturbation without a layout takes that of the score. Code that draws for a score must
 * draw from this perturbation.
 */
export function perturbationOf(f: Pick<Score, 'layout'>, perturbation: Perturbation): Perturbation {
  if (f.layout === undefined) return perturbation;
  return perturbation.inLayout?.(f.layout) ?? perturbation;
}
