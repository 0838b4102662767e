import { fold, key, type Stream, sizeOf, stream } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { type NumArray, numArray } from './array.js';
import type { Call, EvalRow } from './call.js';
import { typeOfCode } from './cast.js';

const RANDOM_OPS = [
  'Bernoulli',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
] as const;

/**
 * Returns the random numbers of a node. They depend on its seed and name only, so that they are the same at every evaluation, and
 * differences of evaluations estimate derivatives. Other programs draw other numbers.
 */
function streamOf(call: Call): Stream {
  const { seed } = attributesOf(call.node, ...RANDOM_OPS);
  return stream(fold(fold(key(0), call.where), seed === undefined ? '' : String(seed)));
}

const normal = (call: Call) => {
  const { mean, scale } = attributesOf(call.node, 'RandomNormal', 'RandomNormalLike');
  const random = streamOf(call);
  return () => mean + scale * random.normal();
};

const uniform = (call: Call) => {
  const { low, high } = attributesOf(call.node, 'RandomUniform', 'RandomUniformLike');
  const random = streamOf(call);
  return () => low + (high - low) * random.uniform();
};

type Sampler = (call: Call) => () => number;

const filledBy = (dtype: NumArray['dtype'], dims: readonly number[], next: () => number): NumArray =>
  numArray(dtype, dims, Float64Array.from({ length: sizeOf(dims) }, next));

const ofShape =
  (sampler: Sampler): EvalRow =>
  (call) => {
    const { dtype, shape } = attributesOf(call.node, 'RandomNormal', 'RandomUniform');
    return filledBy(typeOfCode(call, dtype), shape, sampler(call));
  };

const likeInput =
  (sampler: Sampler): EvalRow =>
  (call) =>
    filledBy(typeLike(call), call.input(0).dims, sampler(call));

function typeLike(call: Call): NumArray['dtype'] {
  const { dtype } = attributesOf(call.node, 'Bernoulli', 'RandomNormalLike', 'RandomUniformLike');
  return dtype === undefined ? call.input(0).dtype : typeOfCode(call, dtype);
}

/** 1 with the probability that the input holds, else 0. */
const bernoulli: EvalRow = (call) => {
  const x = call.input(0);
  const random = streamOf(call);
  return { dtype: typeLike(call), dims: x.dims, data: x.data.map((p) => (random.uniform() < p ? 1 : 0)) };
};

/** Samples classes with the probabilities softmax(row). */
const multinomial: EvalRow = (call) => {
  const x = call.input(0);
  const [rows, classes] = x.dims;
  const { dtype, sample_size: count } = attributesOf(call.node, 'Multinomial');
  const random = streamOf(call);
  const drawn = Array.from({ length: rows }, (_, row) => {
    const scores = x.data.subarray(row * classes, (row + 1) * classes);
    const highest = scores.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const weights = scores.map((score) => Math.exp(score - highest));
    const total = weights.reduce((a, b) => a + b, 0);
    return Array.from({ length: count }, () => sampleIndex(weights, random.uniform() * total));
  });
  return numArray(typeOfCode(call, dtype), [rows, count], drawn.flat());
};

/** Returns the first index at which the cumulative sum of the weights exceeds `level`. */
function sampleIndex(weights: Float64Array, level: number): number {
  let sum = 0;
  const index = weights.findIndex((weight) => {
    sum += weight;
    return level < sum;
  });
  return index < 0 ? weights.length - 1 : index;
}

export const randomRows = {
  Bernoulli: bernoulli,
  Multinomial: multinomial,
  RandomNormal: ofShape(normal),
  RandomNormalLike: likeInput(normal),
  RandomUniform: ofShape(uniform),
  RandomUniformLike: likeInput(uniform),
} satisfies Record<string, EvalRow>;
