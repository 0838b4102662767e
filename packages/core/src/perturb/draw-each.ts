import { fold, type Key } from '../random/key.js';
import { type Stream, stream } from '../random/stream.js';
import { subtractRows } from '../tensor/rows.js';
import { type Tensor, zeros } from '../tensor/tensor.js';
import type { Draws } from '../types/draws.js';

/**
 * Makes draws without masks by writing the perturbed inputs one at a time. `write` gets the elements of one input, which are those of x at
 * first, and the random numbers of this draw, which depend on the key and the number of the draw only.
 */
export function drawEach(
  x: Tensor,
  { key, from, to }: { readonly key: Key; readonly from: number; readonly to: number },
  write: (input: Tensor['data'], random: Stream) => void,
): Draws {
  const size = x.data.length;
  const inputs = zeros([to - from, ...x.shape], x);
  for (let i = from; i < to; i++) {
    const input = inputs.data.subarray((i - from) * size, (i - from + 1) * size);
    input.set(x.data);
    write(input, stream(fold(key, i)));
  }
  return { inputs, deltas: subtractRows(x, inputs) };
}
