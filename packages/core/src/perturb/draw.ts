import { fail } from '../error.js';
import { fold, type Key } from '../random/key.js';
import { type Stream, stream } from '../random/stream.js';
import { broadcast } from '../tensor/broadcast.js';
import { subtractRows } from '../tensor/rows.js';
import { type Tensor, zeros } from '../tensor/tensor.js';
import type { Draws, Rows } from '../types.js';

/** Which draws are asked for. */
export interface DrawRange {
  readonly key: Key;
  readonly from: number;
  readonly to: number;
}

/** One draw to be written. */
export interface Draw {
  /** Index of the draw. */
  readonly i: number;
  /** The start of its own randomness; made when asked for, because draws that are gone through need none. */
  random(): Stream;
  /** Its row of the inputs, zeros at first. */
  readonly input: Float32Array | Float64Array;
}

/** The inputs of draws from..to in x's type, written one at a time; draw i sees only x and the stream of (key, i). */
export function inputsOfEach(x: Tensor, { key, from, to }: DrawRange, write: (draw: Draw) => void): Tensor {
  const size = x.data.length;
  const inputs = zeros([to - from, ...x.shape], x);
  for (let i = from; i < to; i++) {
    const input = inputs.data.subarray((i - from) * size, (i - from + 1) * size);
    write({ i, random: () => stream(fold(key, i)), input });
  }
  return inputs;
}

/** Draws whose deltas x - inputs are made when they are first read: many readers look at the inputs alone. */
export function drawsOf(x: Tensor, inputs: Tensor, masks?: Rows): Draws {
  let deltas: Tensor | undefined;
  return {
    inputs,
    get deltas() {
      deltas ??= subtractRows(x, inputs);
      return deltas;
    },
    ...(masks && { masks }),
  };
}

/** A baseline as one number for every element of x, in x's type; tensors are repeated to its shape. Throws `tensor-shape`. */
export function baselineFor(
  where: string,
  baseline: number | Tensor,
  x: Tensor,
): Float32Array | Float64Array {
  const out = zeros(x.shape, x).data;
  if (typeof baseline === 'number') return out.fill(baseline);
  out.set(broadcast(`${where}(baseline)`, baseline, x.shape).data);
  return out;
}

/** Throws `option-value` unless 0 <= from <= to <= count. */
export function expectSpan(
  where: string,
  span: Omit<DrawRange, 'key'>,
  count = Number.POSITIVE_INFINITY,
): void {
  const { from, to } = span;
  if (Number.isInteger(from) && Number.isInteger(to) && 0 <= from && from <= to && to <= count) return;
  fail({
    code: 'option-value',
    where,
    expected: `draws from..to with 0 <= from <= to${count < Number.POSITIVE_INFINITY ? ` <= ${count}` : ''}`,
    got: `${from}..${to}`,
    remedy: count < Number.POSITIVE_INFINITY ? `There are ${count} draws in all.` : undefined,
  });
}
