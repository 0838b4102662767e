import { fail } from '../error.js';
import type { Shape } from '../tensor/tensor.js';
import type { Perturbation } from '../types/draws.js';

/**
 * How many draws to take: what was asked for, else all that a counted perturbation has, else `otherwise`.
 * The first few of an enumeration are no sample of it, so asking for a part of a counted perturbation throws `option-value`.
 */
export function drawCount(
  perturbation: Perturbation,
  shape: Shape,
  wish: { readonly where: string; readonly draws?: number; readonly otherwise: number },
): number {
  const count = perturbation.count?.(shape);
  if (count === undefined) return wish.draws ?? wish.otherwise;
  if (wish.draws === undefined || wish.draws === count) return count;
  return fail({
    code: 'option-value',
    where: `${wish.where}(draws)`,
    expected: `all ${count} draws of ${perturbation.expression}`,
    got: `${wish.draws}`,
    remedy: 'Leave draws out, or use a perturbation that draws at random.',
  });
}
