import { fail } from '../error.js';
import type { Shape } from '../tensor/tensor.js';
import type { Perturbation } from '../types/draws.js';

/**
 * Returns how many draws to take: all draws of a counted perturbation, else `draws`, else `otherwise`. Throws `option-value` for another
 * number than all draws of a counted perturbation: its first draws are not a random sample.
 */
export function drawCount(
  perturbation: Perturbation,
  shape: Shape,
  wanted: { readonly where: string; readonly draws?: number; readonly otherwise: number },
): number {
  const count = perturbation.count?.(shape);
  if (count === undefined) return wanted.draws ?? wanted.otherwise;
  if (wanted.draws === undefined || wanted.draws === count) return count;
  return fail({
    code: 'option-value',
    where: `${wanted.where}(draws)`,
    expected: `all ${count} draws of ${perturbation.expression}`,
    got: `${wanted.draws}`,
    remedy: 'Leave draws out, or use a perturbation that draws at random.',
  });
}
