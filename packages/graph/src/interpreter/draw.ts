import { fold, key, type Stream, sizeOf, stream } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { type NumArray, numArray } from './array.js';
import type { Call, EvalRow } from './call.js';
import { typeOfCode } from './cast.js';

const DRAWING = [
  'Bernoulli',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
] as const;

/**
 * Draws of a node: of its seed and its name, the same at every evaluation, so that what depends on them can be differentiated by
 * differences. They are not those of another program.
 */
function drawsOf(call: Call): Stream {
  const { seed } = attributesOf(call.node, ...DRAWING);
  return stream(fold(fold(key(0), call.where), seed === undefined ? '' : String(seed)));
}

const normal = (call: Call) => {
  const { mean, scale } = attributesOf(call.node, 'RandomNormal', 'RandomNormalLike');
  const draws = drawsOf(call);
  return () => mean + scale * draws.normal();
};

const uniform = (call: Call) => {
  const { low, high } = attributesOf(call.node, 'RandomUniform', 'RandomUniformLike');
  const draws = drawsOf(call);
  return () => low + (high - low) * draws.uniform();
};

type Sampler = (call: Call) => () => number;

const filledBy = (dtype: NumArray['dtype'], dims: readonly number[], next: () => number): NumArray =>
  numArray(dtype, dims, Float64Array.from({ length: sizeOf(dims) }, next));

const shaped =
  (sampler: Sampler): EvalRow =>
  (call) => {
    const { dtype, shape } = attributesOf(call.node, 'RandomNormal', 'RandomUniform');
    return filledBy(typeOfCode(call, dtype), shape, sampler(call));
  };

const like =
  (sampler: Sampler): EvalRow =>
  (call) =>
    filledBy(typeLike(call), call.input(0).dims, sampler(call));

function typeLike(call: Call): NumArray['dtype'] {
  const { dtype } = attributesOf(call.node, 'Bernoulli', 'RandomNormalLike', 'RandomUniformLike');
  return dtype === undefined ? call.input(0).dtype : typeOfCode(call, dtype);
}

/** 1 with the probability that the input says. */
const bernoulli: EvalRow = (call) => {
  const x = call.input(0);
  const draws = drawsOf(call);
  return { dtype: typeLike(call), dims: x.dims, data: x.data.map((p) => (draws.uniform() < p ? 1 : 0)) };
};

/** Classes drawn with probabilities proportional to the exponentials of each row. */
const multinomial: EvalRow = (call) => {
  const x = call.input(0);
  const [rows, classes] = x.dims;
  const { dtype, sample_size: count } = attributesOf(call.node, 'Multinomial');
  const draws = drawsOf(call);
  const drawn = Array.from({ length: rows }, (_, row) => {
    const scores = x.data.subarray(row * classes, (row + 1) * classes);
    const highest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const weights = scores.map((score) => Math.exp(score - highest));
    const total = weights.reduce((a, b) => a + b, 0);
    return Array.from({ length: count }, () => chosen(weights, draws.uniform() * total));
  });
  return numArray(typeOfCode(call, dtype), [rows, count], drawn.flat());
};

/** The first index at which the sum of the weights exceeds `level`. */
function chosen(weights: Float64Array, level: number): number {
  let sum = 0;
  const index = weights.findIndex((weight) => {
    sum += weight;
    return level < sum;
  });
  return index < 0 ? weights.length - 1 : index;
}

export const drawRows = {
  Bernoulli: bernoulli,
  Multinomial: multinomial,
  RandomNormal: shaped(normal),
  RandomNormalLike: like(normal),
  RandomUniform: shaped(uniform),
  RandomUniformLike: like(uniform),
} satisfies Record<string, EvalRow>;
