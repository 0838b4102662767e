import { once } from '../once.js';
import { subtractRows } from '../tensor/rows.js';
import type { Tensor } from '../tensor/tensor.js';
import type { CompactDraws } from '../types/compact-draws.js';
import type { Draws } from '../types/draws.js';
import { inputsFrom, masksFrom } from './compact.js';

/**
 * Makes draws of x from their compact form, with their weights where they have any. Inputs, deltas and masks are computed when they are
 * first read: most readers need one.
 */
export function drawsOf(x: Tensor, compact: CompactDraws, weights?: Float64Array): Draws {
  const inputs = once(() => inputsFrom(x, compact));
  const deltas = once(() => subtractRows(x, inputs()));
  const masks = once(() => masksFrom(x, compact));
  return {
    compact,
    ...(weights && { weights }),
    get inputs() {
      return inputs();
    },
    get deltas() {
      return deltas();
    },
    get masks() {
      return masks();
    },
  };
}
