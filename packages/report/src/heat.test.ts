import { OnnxplainError, tensor } from '@onnxplain/core';
import { describe, expect, test } from 'vitest';
import { STEPS, scaleTable } from './colour.js';
import { heat, pictureShape } from './heat.js';
import { heatmap, pictureOf } from './panels.js';

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    return error instanceof OnnxplainError ? error.code : String(error);
  }
  return undefined;
};

const colour = (rgb: Uint8Array, i: number) => [...rgb.subarray(i * 3, i * 3 + 3)];

describe('the colours', () => {
  test('0 is nearly white in the middle of the diverging scale, red above, blue below', () => {
    const table = scaleTable('diverging');
    const middle = colour(table, (STEPS - 1) / 2);
    expect(Math.min(...middle)).toBeGreaterThan(235);
    const [red, , blue] = colour(table, STEPS - 1);
    expect(red).toBeGreaterThan(blue);
    const [r, , b] = colour(table, 0);
    expect(b).toBeGreaterThan(r);
  });

  test('the sequential scale starts black and gets brighter', () => {
    const table = scaleTable('sequential');
    const light = Array.from({ length: STEPS }, (_, i) => colour(table, i).reduce((a, b) => a + b));
    expect(light[0]).toBeLessThan(20);
    for (let i = 20; i < STEPS; i++) expect(light[i]).toBeGreaterThanOrEqual(light[i - 20]);
  });
});

describe('a heat map', () => {
  test('sums over channels in front and at the end alike', () => {
    const front = heat(tensor([1, 2, 3, 4, 10, 20, 30, 40], [2, 2, 2]));
    const end = heat(tensor([1, 10, 2, 20, 3, 30, 4, 40], [2, 2, 2]), { channels: 'last' });
    expect([...front.sums]).toEqual([11, 22, 33, 44]);
    expect(end.sums).toEqual(front.sums);
    expect(end.rgb).toEqual(front.rgb);
  });

  test('counts a number that channels of a position share once, and separate numbers each', () => {
    // Two positions, two channels: the first's channels were hidden together, the second's one by one.
    const features = { count: 3, of: Int32Array.of(0, 1, 0, 2) };
    expect([...heat(tensor([5, 2, 5, 3], [2, 1, 2]), { features, channels: 'last' }).sums]).toEqual([7, 8]);
    const map = tensor([5, 2, 5, 3, 0, 0, 0, 0], [2, 2, 2]);
    const both = { count: 5, of: Int32Array.of(0, 1, 2, 3, 4, 4, 4, 4) };
    expect([...heat(map, { features: both }).sums]).toEqual([5, 2, 5, 3]);
    const together = { count: 4, of: Int32Array.of(0, 1, 2, 3, 0, 1, 2, 3) };
    const twice = tensor([5, 2, 4, 3, 5, 2, 4, 3], [2, 2, 2]);
    expect([...heat(twice, { features: together }).sums]).toEqual([5, 2, 4, 3]);
    expect([...heat(twice).sums]).toEqual([10, 4, 8, 6]);
  });

  test('equal values of opposite sign have mirrored colours', () => {
    const { rgb, scale } = heat(tensor([0.5, -0.5, 1, -1], [2, 2]), { percentile: 100 });
    expect(scale).toBe('diverging');
    const table = scaleTable('diverging');
    const entryOf = (i: number) =>
      Array.from({ length: STEPS }, (_, k) => k).find(
        (k) => colour(table, k).join() === colour(rgb, i).join(),
      );
    expect(entryOf(2)).toBe(STEPS - 1);
    expect(entryOf(3)).toBe(0);
    expect((entryOf(0) ?? 0) + (entryOf(1) ?? 0)).toBeCloseTo(STEPS - 1, -1);
  });

  test('clips at the stated percentile of the magnitudes, so that one outlier does not bleach the rest', () => {
    const values = Float64Array.from({ length: 100 }, (_, i) => (i === 0 ? -1e6 : i));
    const { clip } = heat(tensor(values, [10, 10]), { percentile: 90 });
    // Magnitudes 1..99 and 1e6: the 90th percentile is at rank 89.1 (from 0).
    expect(clip).toBeCloseTo(90.1, 10);
  });

  test('non-negative values get the sequential scale, all zeros a clip of 0', () => {
    expect(heat(tensor([0, 1, 2, 3], [2, 2])).scale).toBe('sequential');
    expect(heat(tensor([0, 0, 0, 0], [2, 2]))).toMatchObject({ clip: 0 });
  });

  test('a single non-zero pixel still has its colour', () => {
    const values = new Float64Array(400);
    values[7] = -3;
    expect(heat(tensor(values, [20, 20])).clip).toBe(3);
  });

  test.each([
    [() => heat(tensor([1, 2], [2])), 'tensor-shape'],
    [() => heat(tensor([1, Number.NaN, 1, 1], [2, 2])), 'non-finite'],
    [() => heat(tensor([1, 1, 1, 1], [2, 2]), { percentile: 0 }), 'option-value'],
  ])('refuses what it cannot draw (%#)', (run, code) => {
    expect(codeOf(run)).toBe(code);
  });

  test('pictureShape accepts [h, w], [c, h, w] and [h, w, c] only', () => {
    expect(pictureShape([3, 8, 9], 'first')).toEqual({ height: 8, width: 9, depth: 3 });
    expect(pictureShape([8, 9, 3], 'last')).toEqual({ height: 8, width: 9, depth: 3 });
    expect(pictureShape([8, 9], 'first')).toEqual({ height: 8, width: 9, depth: 1 });
    for (const shape of [[8], [1, 8], [2, 2, 2, 2], []]) expect(pictureShape(shape, 'first')).toBeUndefined();
  });
});

describe('panels', () => {
  const values = tensor(
    Float64Array.from({ length: 784 }, (_, i) => Math.sin(i)),
    [1, 28, 28],
  );

  test('28 x 28 becomes 224 x 224, three beside each other with the input', () => {
    const alone = heatmap(values).pixels;
    expect([alone.width, alone.height]).toEqual([224, 224]);
    const input = pictureOf(tensor(new Float32Array(784), [1, 28, 28]));
    const three = heatmap(values, { input }).pixels;
    expect([three.width, three.height]).toEqual([3 * 224 + 2 * 8, 224]);
  });

  test('every block of the enlarged map has the colour of its pixel', () => {
    const {
      pixels: { data },
      heat: map,
    } = heatmap(values);
    for (const [y, x] of [
      [0, 0],
      [27, 3],
      [13, 27],
    ]) {
      const expected = colour(map.rgb, y * 28 + x);
      for (const [dy, dx] of [
        [0, 0],
        [7, 7],
        [3, 5],
      ]) {
        const at = ((y * 8 + dy) * 224 + x * 8 + dx) * 4;
        expect([...data.subarray(at, at + 3)]).toEqual(expected);
      }
    }
  });

  test('the overlay shows the grey input where nothing was attributed', () => {
    const spot = new Float64Array(4);
    spot[3] = 1;
    const input = { width: 2, height: 2, rgb: Uint8Array.from([200, 0, 0, 0, 200, 0, 0, 0, 200, 9, 9, 9]) };
    const { data } = heatmap(tensor(spot, [2, 2]), { input, side: 2 }).pixels;
    const left = (2 + 8 + 2 + 8) * 4;
    expect([...data.subarray(left, left + 3)]).toEqual([60, 60, 60]);
  });

  test('an input of another size is refused', () => {
    const input = { width: 1, height: 1, rgb: new Uint8Array(3) };
    expect(codeOf(() => heatmap(values, { input }))).toBe('tensor-shape');
  });

  test('an input as a picture: range to 0..255, BGR turned round, many channels as their mean', () => {
    const bgr = tensor([0, 1, 0, 1, 0.5, 1, 1, 1], [2, 2, 2]);
    expect(colour(pictureOf(bgr)?.rgb ?? new Uint8Array(), 1)).toEqual([255, 255, 255]);
    const three = tensor([0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0], [3, 2, 2]);
    expect(colour(pictureOf(three, { order: 'bgr' })?.rgb ?? new Uint8Array(), 2)).toEqual([255, 0, 255]);
    expect(pictureOf(tensor([1], [1]))).toBeUndefined();
  });
});
