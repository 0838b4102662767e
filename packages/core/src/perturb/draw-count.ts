import { fail } from '../error.js';
import type { Shape } from '../tensor/tensor.js';
import type { Perturbation } from '../types/draws.js';

/**
 * Returns how many draws to take: the number given, else all draws of a counted perturbation, else `otherwise`.
 * The first draws of an enumeration are no sample of it, so a part of a counted perturbation throws `option-value`.
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
