import { fail } from '../error.js';
import { fold, type Key } from '../random/key.js';
import { type Stream, stream } from '../random/stream.js';
import { sameShape, showShape, type Tensor, zeros } from '../tensor/tensor.js';
import type { Draws } from '../types.js';

/** Which draws are asked for. */
export interface Span {
  readonly key: Key;
  readonly from: number;
  readonly to: number;
}

/** One draw to be written: its rows of both tensors. */
export interface Draw {
  /** Index of the draw. */
  readonly i: number;
  /** The start of its own randomness; made when asked for, because draws that are gone through need none. */
  random(): Stream;
  readonly input: Float32Array | Float64Array;
  readonly delta: Float32Array | Float64Array;
}

/** Makes draws from..to in x's type, one at a time; draw i sees only x and the stream of (key, i). */
export function drawEach(x: Tensor, { key, from, to }: Span, write: (draw: Draw) => void): Draws {
  const shape = [to - from, ...x.shape];
  const size = x.data.length;
  const inputs = zeros(shape, x);
  const deltas = zeros(shape, x);
  for (let i = from; i < to; i++) {
    const [start, end] = [(i - from) * size, (i - from + 1) * size];
    write({
      i,
      random: () => stream(fold(key, i)),
      input: inputs.data.subarray(start, end),
      delta: deltas.data.subarray(start, end),
    });
  }
  return { inputs, deltas };
}

/** delta is there: input = x - delta. */
export function subtractDelta({ data }: Tensor, { input, delta }: Draw): void {
  for (let j = 0; j < data.length; j++) input[j] = data[j] - delta[j];
}

/** A baseline as one number for every element of x, in x's type. Throws `tensor-shape`. */
export function baselineFor(
  where: string,
  baseline: number | Tensor,
  x: Tensor,
): Float32Array | Float64Array {
  const out = zeros(x.shape, x).data;
  if (typeof baseline === 'number') return out.fill(baseline);
  if (!sameShape(baseline.shape, x.shape)) {
    fail({
      code: 'tensor-shape',
      where: `${where}(baseline)`,
      expected: `shape ${showShape(x.shape)} of the input`,
      got: showShape(baseline.shape),
    });
  }
  out.set(baseline.data);
  return out;
}

/** Throws `option-value` unless 0 <= from <= to <= count. */
export function expectSpan(where: string, span: Omit<Span, 'key'>, count = Number.POSITIVE_INFINITY): void {
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
