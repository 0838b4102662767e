import { broadcast } from '../tensor/broadcast.js';
import { subtractRows } from '../tensor/rows.js';
import type { Tensor } from '../tensor/tensor.js';
import type { CompactDraws } from '../types/compact-draws.js';
import type { Draws } from '../types/draws.js';
import { inputsFrom, masksFrom } from './compact.js';

/** Makes draws of x from their compact form. Inputs, deltas and masks are computed when they are first read: most readers need one. */
export function drawsOf(x: Tensor, compact: CompactDraws): Draws {
  const inputs = once(() => inputsFrom(x, compact));
  const deltas = once(() => subtractRows(x, inputs()));
  const masks = once(() => masksFrom(x, compact));
  return {
    compact,
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

/** Calls `make` at the first call only, and keeps what it returned. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** A baseline as it goes into compact draws: one number, or a tensor repeated to x's shape. Throws `tensor-shape`. */
export function baselineFor(where: string, baseline: number | Tensor, x: Tensor): number | Tensor {
  return typeof baseline === 'number' ? baseline : broadcast(`${where}(baseline)`, baseline, x.shape);
}
