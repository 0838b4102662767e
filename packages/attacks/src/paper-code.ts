import type { Attack } from '@onnxplain/core';
import { pgd } from './pgd/pgd.js';

/**
 * Attacks as the program that the authors of [H21] released has them. `pgd`: only the last point of each descent counts. Their program
 * reports the radius of the binary search, which is check `radius` here; the estimate is the norm of the point that proves it.
 */
export const paperCodeAttacks: { readonly pgd: Attack } = { pgd: pgd({ judge: 'last' }) };
