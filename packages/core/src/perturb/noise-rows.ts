import { fillUniformInBall } from '../geometry/draw.js';
import { isWorthKernels } from '../kernels/four-rows.js';
import { addNormalsToRows, subtractUniformsFromRows } from '../kernels/noise.js';
import { statesOf, streamsOf } from '../random/stream.js';
import { type RowsWriter, type RowWriter, rowByRow } from '../tensor/lazy-rows.js';
import { exponentOf } from '../tensor/norm.js';
import type { Tensor } from '../tensor/tensor.js';
import type { KeyDraws } from '../types/compact-draws.js';
import { baselinesOf } from './removal-baselines.js';

/** Returns a function that writes some of the inputs with noise: several together where the kernels can, else one by one. */
export function noiseWriter(x: Tensor, draws: KeyDraws): RowsWriter {
  const one = rowByRow(noisyRow(x, draws));
  const several = noisyRows(x, draws);
  return several === undefined
    ? one
    : (out, from, to) =>
        out instanceof Float32Array && to - from > 1 ? several(out, from, to) : one(out, from, to);
}

type FloatRowsWriter = (out: Float32Array, from: number, to: number) => void;

/** Undefined where the noise is not one that the kernels draw, or rows are small. */
function noisyRows(
  x: Tensor,
  { key, from: start, centre = x, noise, clip }: KeyDraws,
): FloatRowsWriter | undefined {
  const add = noiseAdder(noise);
  if (add === undefined || !isWorthKernels(x.data.length)) return undefined;
  const around = baselinesOf({ baseline: centre }, x);
  const fill = rowByRow((row, i) => row.set(around(i)));
  return (out, from, to) => {
    fill(out, from, to);
    add(out, statesOf(key, start + from, start + to));
    if (clip !== undefined) clipTo(clip, out);
  };
}

function noiseAdder(noise: KeyDraws['noise']): ((out: Float32Array, states: Int32Array) => void) | undefined {
  if (noise.distribution === 'normal') {
    if (noise.limit !== undefined) return undefined;
    return (out, states) => addNormalsToRows(out, states, noise.scale);
  }
  const { norm, radius } = noise.ball;
  if (exponentOf(norm) !== Number.POSITIVE_INFINITY) return undefined;
  return (out, states) => subtractUniformsFromRows(out, states, { low: -radius, width: 2 * radius });
}

/** Returns a function that writes one of the inputs. */
function noisyRow(x: Tensor, { key, from, centre = x, noise, clip }: KeyDraws): RowWriter {
  const around = baselinesOf({ baseline: centre }, x);
  const streamAt = streamsOf(key);
  return (input, i) => {
    const random = streamAt(from + i);
    if (noise.distribution === 'normal') {
      input.set(around(i));
      if (noise.limit === undefined) random.addNormal(input, noise.scale);
      else addTruncated(random, input, { ...noise, limit: noise.limit });
    } else {
      fillUniformInBall(random, input, noise.ball);
      subtractFrom(around(i), input);
    }
    if (clip !== undefined) clipTo(clip, input);
  };
}

/** Replaces each element of `out` by the one of `middle` less it. */
function subtractFrom(middle: Tensor['data'], out: Tensor['data']): void {
  const size = out.length;
  for (let j = 0; j < size; j++) out[j] = middle[j] - out[j];
}

/** Adds normals of which those beyond the limit are drawn again. */
function addTruncated(
  random: { normal(): number },
  out: Tensor['data'],
  { scale, limit }: { readonly scale: number; readonly limit: number },
): void {
  for (let j = 0; j < out.length; j++) {
    let z = random.normal();
    while (Math.abs(z) > limit) z = random.normal();
    out[j] += scale * z;
  }
}

function clipTo([low, high]: readonly [low: number, high: number], input: Tensor['data']): void {
  for (let j = 0; j < input.length; j++) input[j] = Math.min(high, Math.max(low, input[j]));
}
