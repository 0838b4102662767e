/**
 * Compares the loops in WebAssembly (packages/core/src/kernels) with the same loops in JavaScript, which they equal to the bit. Prints the
 * nanoseconds that a number takes: medians, both sides in turn.
 *
 *     tsx bench/kernels.ts [--rounds 200]
 */
import { key } from '@onnxplain/core';
// The kernels are no part of the public face.
import { squaredDistance, squaredDistances } from '../packages/core/src/kernels/distances.js';
import { writePoints } from '../packages/core/src/kernels/lines.js';
import { type Merge, mergeInto, mergeRows } from '../packages/core/src/kernels/moments.js';
import { addNormalsToRows, subtractUniformsFromRows } from '../packages/core/src/kernels/noise.js';
import { addWeightedRows } from '../packages/core/src/kernels/sums.js';
import { statesOf, streamsOf } from '../packages/core/src/random/stream.js';
import { benchArguments } from './arguments.js';
import { interleaved } from './time.js';

const { values: given } = benchArguments({ options: { rounds: { type: 'string', default: '200' } } });
const rounds = Number(given.rounds);

/** Rows, and elements of one: a digit, a photograph. */
const sizes = [
  [48, 784],
  [4, 150_528],
] as const;

/** Two loops of equal results, the kernel and JavaScript. */
interface Pair {
  readonly kernel: () => void;
  readonly script: () => void;
}

function pairsOf(n: number, size: number): Readonly<Record<string, Pair>> {
  const data = new Float32Array(n * size);
  const vector = () => new Float64Array(size).fill(0.5);
  const sums = { mean: vector(), deviations: vector() };
  const weights = new Float64Array(n).fill(0.5);
  const line = { start: vector(), step: vector() };
  const merges = Array.from({ length: n / 4 }, (_, i): Merge => {
    return { first: 4 * i, weights: [1, 1, 1, 1], share: 1 / (i + 1), each: 0.25, spread: 4 * i };
  });
  const rows = Array.from({ length: n }, (_, i) => data.subarray(i * size, (i + 1) * size));
  const streamAt = streamsOf(key(0));
  const drawn = new Float32Array(size);
  return {
    'normal numbers': {
      kernel: () => addNormalsToRows(data, statesOf(key(0), 0, n), 0.2),
      script: () => {
        for (const [i, row] of rows.entries()) streamAt(i).addNormal(row, 0.2);
      },
    },
    'uniform numbers': {
      kernel: () => subtractUniformsFromRows(data, statesOf(key(0), 0, n), { low: -0.2, width: 0.4 }),
      script: () =>
        rows.forEach((row, i) => {
          streamAt(i).fillUniform(drawn, -0.2, 0.2);
          for (let j = 0; j < size; j++) row[j] -= drawn[j];
        }),
    },
    'mean and variance': {
      kernel: () => mergeRows(sums, data, merges),
      script: () => {
        for (const merge of merges) mergeInto(sums, data, merge);
      },
    },
    'weighted sum': {
      kernel: () => addWeightedRows({ data, n }, weights, sums.mean),
      script: () =>
        rows.forEach((row, i) => {
          for (let j = 0; j < size; j++) sums.mean[j] += weights[i] * row[j];
        }),
    },
    distances: {
      kernel: () => squaredDistances(rows, line.start),
      script: () => {
        for (const row of rows) squaredDistance(row, line.start);
      },
    },
    'points of a path': {
      kernel: () => writePoints(data, line, weights),
      script: () =>
        rows.forEach((row, i) => {
          for (let j = 0; j < size; j++) row[j] = line.start[j] + weights[i] * line.step[j];
        }),
    },
  };
}

for (const [n, size] of sizes) {
  console.log(`${n} rows of ${size} elements: kernel, JavaScript, in ns for each element`);
  for (const [name, pair] of Object.entries(pairsOf(n, size))) {
    const seconds = await interleaved(
      { kernel: async () => pair.kernel(), script: async () => pair.script() },
      rounds,
    );
    const ns = (each: number) => ((each * 1e9) / (n * size)).toFixed(2).padStart(7);
    const times = (seconds.script / seconds.kernel).toFixed(2);
    console.log(
      `  ${name.padEnd(20)}${ns(seconds.kernel)}${ns(seconds.script)}${times.padStart(7)} times as fast`,
    );
  }
}
