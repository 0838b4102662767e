import { describe, expect, test } from 'vitest';
import { fold, key } from '../random/key.js';
import { statesOf, stream } from '../random/stream.js';
import { squaredDistance, squaredDistances } from './distances.js';
import { writePoints } from './lines.js';
import { type Merge, mergeInto, mergeRows } from './moments.js';
import { addNormalsToRows, subtractUniformsFromRows } from './noise.js';
import { addWeightedRows } from './sums.js';

/** Rows and elements of one: fewer than four rows, four and more, odd sizes, and rows of several blocks of columns. */
const sizes = [
  [1, 33],
  [3, 64],
  [4, 100],
  [9, 51],
  [6, 8192],
  [5, 20_001],
] as const;

const numbers = (length: number, seed: number): Float32Array => {
  const out = new Float32Array(length);
  stream(key(seed)).fillNormal(out);
  return out;
};

const seed = key(7);
const FROM = 3;

describe.each(sizes)('%i rows of %i elements', (n, size) => {
  const data = numbers(n * size, 1);

  test('get the normal numbers that each row gets alone', () => {
    const fast = data.slice();
    addNormalsToRows(fast, statesOf(seed, FROM, FROM + n), -0.3);
    const slow = data.slice();
    for (let i = 0; i < n; i++)
      stream(fold(seed, FROM + i)).addNormal(slow.subarray(i * size, (i + 1) * size), -0.3);
    expect(fast).toEqual(slow);
  });

  test('lose the uniform numbers that each row gets alone', () => {
    const fast = data.slice();
    subtractUniformsFromRows(fast, statesOf(seed, FROM, FROM + n), { low: -0.3, width: 0.6 });
    const slow = data.slice();
    const drawn = new Float32Array(size);
    for (let i = 0; i < n; i++) {
      stream(fold(seed, FROM + i)).fillUniform(drawn, -0.3, 0.3);
      for (let j = 0; j < size; j++) slow[i * size + j] -= drawn[j];
    }
    expect(fast).toEqual(slow);
  });

  test('are merged with moments to the bits of one merge after the other', () => {
    const merges: Merge[] = [];
    for (let first = 0; first + 4 <= n; first += 4) {
      const weights = [1, 0.5, 2, 0] as const;
      merges.push({ first, weights, share: 3.5 / (7 + first), each: 1 / 3.5, spread: 1.2 + first });
    }
    const sums = () => ({
      mean: Float64Array.from(numbers(size, 2)),
      deviations: Float64Array.from(numbers(size, 3)),
    });
    const [fast, slow] = [sums(), sums()];
    mergeRows(fast, data, merges);
    for (const merge of merges) mergeInto(slow, data, merge);
    expect(fast).toEqual(slow);
  });

  test('are added with weights in their order', () => {
    const weights = Float64Array.from({ length: n }, (_, i) => (i < 4 ? i / 3 : -i));
    const fast = Float64Array.from(numbers(size, 4));
    const slow = fast.slice();
    addWeightedRows({ data, n }, weights, fast);
    for (let j = 0; j < size; j++) for (let i = 0; i < n; i++) slow[j] += weights[i] * data[i * size + j];
    expect(fast).toEqual(slow);
  });

  test('have the distances that they have one by one', () => {
    const to = numbers(size, 8);
    const rows = Array.from({ length: n }, (_, i) => data.subarray(i * size, (i + 1) * size));
    const slow = rows.map((row) => row.reduce((sum, value, j) => sum + (value - to[j]) ** 2, 0));
    expect([...squaredDistances(rows, to)]).toEqual(slow);
    expect(rows.map((row) => squaredDistance(row, to))).toEqual(slow);
  });

  test('are points of a line', () => {
    const [start, step] = [5, 6].map((s) => Float64Array.from(numbers(size, s), (v) => v / 3));
    const shares = Float64Array.from({ length: n }, (_, i) => (i + 0.1) / n);
    const fast = new Float32Array(n * size);
    writePoints(fast, { start, step }, shares);
    const slow = new Float32Array(n * size);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < size; j++) slow[i * size + j] = start[j] + shares[i] * step[j];
    expect(fast).toEqual(slow);
  });
});

test('four million normal numbers, tails among them, are those of the stream', () => {
  const size = 1_000_000;
  const fast = new Float32Array(4 * size);
  addNormalsToRows(fast, statesOf(seed, 0, 4), 1);
  const slow = new Float32Array(size);
  for (let i = 0; i < 4; i++) {
    stream(fold(seed, i)).addNormal(slow.fill(0), 1);
    expect(fast.subarray(i * size, (i + 1) * size).every((value, j) => Object.is(value, slow[j]))).toBe(true);
  }
  expect(fast.filter((value) => Math.abs(value) > 3.6541528853610088).length).toBeGreaterThan(900);
});

test('values that are not finite stay so in sums and moments', () => {
  const data = numbers(4 * 40, 1);
  data[3] = Number.NaN;
  data[45] = Number.POSITIVE_INFINITY;
  const sum = new Float64Array(40);
  addWeightedRows({ data, n: 4 }, Float64Array.of(1, 0, 1, 1), sum);
  expect([sum[3], sum[5]]).toEqual([Number.NaN, Number.NaN]);
  expect(sum.filter(Number.isFinite)).toHaveLength(38);
});
