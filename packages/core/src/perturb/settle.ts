import type { Perturbation } from '../types/draws.js';
import type { Score } from '../types/score.js';

/**
 * The perturbation as it acts on inputs of a score: what it leaves open (the layout of the input) is what the score says. Whoever draws
 * for a score draws from this.
 */
export function perturbationOf(f: Pick<Score, 'layout'>, perturbation: Perturbation): Perturbation {
  if (f.layout === undefined) return perturbation;
  return perturbation.inLayout?.(f.layout) ?? perturbation;
}
