import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { type Shape, sizeOf, type Tensor, tensor } from '../tensor/tensor.js';
import type { Features } from '../types/attribution.js';
import type { Rows } from '../types/draws.js';
import { boxRows } from './boxes.js';
import { denseRows } from './dense.js';
import { differenceRows } from './differences.js';
import { featureRows } from './features.js';
import { plainProducts } from './products.js';

function randomTensor(shape: Shape, seed: number): Tensor {
  const data = new Float64Array(sizeOf(shape));
  stream(key(seed)).fillNormal(data);
  return tensor(data, shape);
}

function randomBoxes(n: number, height: number, width: number): Int32Array {
  const random = stream(key(n));
  const boxes: number[] = [];
  for (let i = 0; i < n; i++) {
    const [a, b, c, d] = [
      random.below(height + 1),
      random.below(height + 1),
      random.below(width + 1),
      random.below(width + 1),
    ];
    boxes.push(Math.min(a, b), Math.max(a, b), Math.min(c, d), Math.max(c, d));
  }
  return Int32Array.from(boxes);
}

/** The definition of a box row, one element at a time. */
function boxMatrix(
  shape: Shape,
  { boxes, channels: only }: { boxes: Int32Array; channels?: Int32Array },
  layout: 'chw' | 'hwc',
): Tensor {
  const [height, width, channels] =
    layout === 'chw' ? [...shape.slice(-2), sizeOf(shape.slice(0, -2))] : [shape[0], shape[1], shape[2]];
  const n = boxes.length / 4;
  const data: number[] = [];
  for (let i = 0; i < n; i++) {
    const [top, bottom, left, right] = boxes.subarray(4 * i, 4 * i + 4);
    for (let at = 0; at < height * width * channels; at++) {
      const pixel = layout === 'chw' ? at % (height * width) : Math.floor(at / channels);
      const [y, x] = [Math.floor(pixel / width), pixel % width];
      const channel = layout === 'chw' ? Math.floor(at / (height * width)) : at % channels;
      const inChannel = only === undefined || only[i] === channel;
      data.push(inChannel && top <= y && y < bottom && left <= x && x < right ? 1 : 0);
    }
  }
  return tensor(data, [n, sizeOf(shape)]);
}

/** Six features of an input of 30 elements, of different sizes, and one for each element. */
const spread: Features = { count: 6, of: Int32Array.from({ length: 30 }, (_, j) => (j * j) % 6) };
const single: Features = { count: 30, of: Int32Array.from({ length: 30 }, (_, j) => j) };

function removedBytes(n: number, count: number): Uint8Array {
  const random = stream(key(n));
  return Uint8Array.from({ length: n * count }, () => random.below(2));
}

/** The definition of a row of features, one element at a time. */
function featureMatrix({ count, of }: Features, removed: Uint8Array): Tensor {
  const n = removed.length / count;
  const data = Array.from({ length: n * of.length }, (_, at) => {
    const [i, j] = [Math.floor(at / of.length), at % of.length];
    return removed[i * count + of[j]];
  });
  return tensor(data, [n, of.length]);
}

/** x - t for every row t, by the definition. */
function differences(x: Tensor, t: Tensor): Tensor {
  const data = Array.from(t.data, (value, at) => x.data[at % x.data.length] - value);
  return tensor(data, t.shape);
}

/** a·bᵀ by the definition. */
function naiveInner(a: Tensor, b: Tensor): Tensor {
  const [[n, d], [m]] = [a.shape, b.shape];
  const out = new Float64Array(n * m);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < m; j++)
      for (let k = 0; k < d; k++) out[i * m + j] += a.data[i * d + k] * b.data[j * d + k];
  }
  return tensor(out, [n, m]);
}

function expectClose(got: Tensor, expected: Tensor): void {
  expect(got.shape).toEqual(expected.shape);
  got.data.forEach((value, i) => {
    expect(Math.abs(value - expected.data[i])).toBeLessThan(1e-10);
  });
}

const vector = (data: Float64Array): Tensor => tensor(data, [data.length]);

describe.each([
  { name: 'dense', rows: denseRows(randomTensor([7, 2, 3, 5], 1)), matrix: randomTensor([7, 30], 1) },
  {
    name: 'difference',
    rows: differenceRows(randomTensor([2, 3, 5], 2), randomTensor([7, 2, 3, 5], 1)),
    matrix: differences(randomTensor([2, 3, 5], 2), randomTensor([7, 30], 1)),
  },
  ...(['chw', 'hwc'] as const).map((layout) => {
    const shape = layout === 'chw' ? [2, 3, 5] : [3, 5, 2];
    const boxes = randomBoxes(9, 3, 5);
    return {
      name: `boxes, ${layout}`,
      rows: boxRows({ shape, boxes, layout }),
      matrix: boxMatrix(shape, { boxes }, layout),
    };
  }),
  ...(['chw', 'hwc'] as const).map((layout) => {
    const shape = layout === 'chw' ? [2, 3, 5] : [3, 5, 2];
    const boxes = randomBoxes(9, 3, 5);
    const channels = Int32Array.of(0, 1, 1, 0, 0, 1, 1, 1, 0);
    return {
      name: `boxes of one channel, ${layout}`,
      rows: boxRows({ shape, boxes, channels, layout }),
      matrix: boxMatrix(shape, { boxes, channels }, layout),
    };
  }),
  {
    name: 'features of several elements',
    rows: featureRows(spread, removedBytes(7, 6)),
    matrix: featureMatrix(spread, removedBytes(7, 6)),
  },
  {
    name: 'features of one element',
    rows: featureRows(single, removedBytes(5, 30)),
    matrix: featureMatrix(single, removedBytes(5, 30)),
  },
])('$name rows', ({ rows, matrix }) => {
  const c = Float64Array.from(randomTensor([rows.n], 3).data);

  it('are the matrix that they stand for', () => {
    expect([rows.n, rows.d]).toEqual(matrix.shape);
    expectClose(rows.dense(), matrix);
  });

  it('times a vector is the matrix times the vector', () => {
    const v = randomTensor([1, 30], 2);
    const product = naiveInner(matrix, v);
    expectClose(vector(rows.times(v)), tensor(product.data, [rows.n]));
  });

  it('add the transposed product to what is there', () => {
    const out = new Float64Array(30).fill(1);
    rows.addTransposeTimes(c, out);
    const expected = out.map((_, j) =>
      c.reduce((sum, weight, i) => sum + weight * matrix.data[i * 30 + j], 1),
    );
    expectClose(vector(out), vector(expected));
  });

  it('meet rows of any kind as their matrices do', async () => {
    const others = [
      denseRows(randomTensor([4, 30], 5)),
      boxRows({ shape: [2, 3, 5], boxes: randomBoxes(4, 3, 5) }),
      boxRows({ shape: [3, 5, 2], boxes: randomBoxes(5, 3, 5), layout: 'hwc' }),
      boxRows({ shape: [2, 3, 5], boxes: randomBoxes(3, 3, 5), channels: Int32Array.of(1, 0, 1) }),
      featureRows(spread, removedBytes(3, 6)),
      featureRows(single, removedBytes(4, 30)),
      rows,
    ];
    for (const other of others) {
      expectClose(await rows.inner(other, plainProducts), naiveInner(matrix, other.dense()));
    }
  });

  it('refuse vectors of another length', () => {
    expect(() => rows.times(vector(new Float64Array(29)))).toThrow('30 elements');
    expect(() => rows.addTransposeTimes(new Float64Array(rows.n + 1), new Float64Array(30))).toThrow(
      /elements/,
    );
    expect(() => rows.addTransposeTimes(new Float64Array(rows.n), new Float64Array(31))).toThrow(
      '30 elements',
    );
  });
});

describe('rows', () => {
  it('of a large image are worked with, and not made dense', async () => {
    const shape = [3, 224, 224];
    const rows: Rows = boxRows({ shape, boxes: randomBoxes(2000, 224, 224) });
    expect(() => rows.dense()).toThrow(/at most 268435456 elements/);
    const inner = await rows.inner(rows, plainProducts);
    const ones = tensor(new Float64Array(rows.d).fill(1), [rows.d]);
    const areas = rows.times(ones);
    for (const i of [0, 7, 1999]) expect(inner.data[i * 2000 + i]).toBeCloseTo(areas[i], 6);
  });

  it('of features of a large image are worked with where a matrix would be too large', async () => {
    const [n, count, d] = [2000, 49, 150_528];
    const features = { count, of: Int32Array.from({ length: d }, (_, j) => j % count) };
    const rows = featureRows(features, removedBytes(n, count));
    expect(() => rows.dense()).toThrow('150528');
    const sizes = rows.times(vector(new Float64Array(d).fill(1)));
    const { data } = await rows.inner(rows, plainProducts);
    for (const i of [0, 7, n - 1]) expect(data[i * n + i]).toBe(sizes[i]);
  });

  it('of boxes must lie inside the image, and the input must be one', () => {
    const boxes = Int32Array.of(0, 1, 0, 1, 0, 4, 0, 1);
    expect(() => boxRows({ shape: [3, 5], boxes })).toThrow(/box 1: expected top, bottom within 0..3/);
    expect(() => boxRows({ shape: [5], boxes })).toThrow(/height, width/);
    expect(() => boxRows({ shape: [3, 5], boxes, layout: 'hwc' })).toThrow(/height, width, channels/);
    expect(() => boxRows({ shape: [3, 5], boxes: new Int32Array(5) })).toThrow(/four numbers/);
    expect(() =>
      boxRows({ shape: [2, 3, 5], boxes: Int32Array.of(0, 1, 0, 1), channels: Int32Array.of(2) }),
    ).toThrow(/channels below 2/);
  });
});

describe('plain products', () => {
  const size = fc.integer({ min: 0, max: 9 });
  it('agree with the definition for any shape', async () => {
    await fc.assert(
      fc.asyncProperty(size, size, fc.constantFrom(1, 3, 511, 513, 1100), async (n, m, p) => {
        const [a, b] = [randomTensor([n, p], 1), randomTensor([m, p], 2)];
        expectClose(await plainProducts.timesTranspose(a, b), naiveInner(a, b));
        expectClose(await plainProducts.timesTranspose(a, a), naiveInner(a, a));
      }),
      { numRuns: 40 },
    );
  });

  it('transposeTimes is timesTranspose of the transposes', async () => {
    const [a, b] = [tensor([1, 2, 3, 4, 5, 6], [3, 2]), tensor([1, 0, 2], [3, 1])];
    expect(await plainProducts.transposeTimes(a, b)).toEqual(tensor([11, 14], [2, 1]));
    expect(await plainProducts.transposeTimes(a, a)).toEqual(tensor([35, 44, 44, 56], [2, 2]));
  });

  it('refuse matrices that do not fit', async () => {
    await expect(plainProducts.timesTranspose(tensor([1], [1, 1]), tensor([1, 2], [1, 2]))).rejects.toThrow(
      /rows of 1/,
    );
    await expect(plainProducts.timesTranspose(tensor([1], [1]), tensor([1], [1]))).rejects.toThrow(
      /a matrix/,
    );
  });
});
