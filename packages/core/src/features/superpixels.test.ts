import { describe, expect, it } from 'vitest';
import { key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { type Shape, sizeOf, type Tensor, tensor } from '../tensor/tensor.js';
import { featuresFor } from './choice.js';
import { superpixels } from './superpixels.js';

function randomTensor(shape: Shape, seed: number): Tensor {
  const data = new Float64Array(sizeOf(shape));
  stream(key(seed)).fillNormal(data);
  return tensor(data, shape);
}

/** How many connected parts an image of labels has, by spreading labels until nothing changes. */
function connectedParts(of: readonly number[], width: number): number {
  const least = of.map((_, i) => i);
  for (let changed = true; changed; ) {
    changed = false;
    for (let i = 0; i < of.length; i++) {
      const neighbours = [
        i % width > 0 ? i - 1 : -1,
        i % width < width - 1 ? i + 1 : -1,
        i - width,
        i + width,
      ];
      for (const j of neighbours) {
        if (of[j] !== of[i] || least[j] >= least[i]) continue;
        least[i] = least[j];
        changed = true;
      }
    }
  }
  return new Set(least).size;
}

describe('superpixels', () => {
  it('follow the edges of flat regions that no grid has', () => {
    // A diagonal edge, and a bright square off the grid.
    const [height, width] = [24, 30];
    const regionOf = (y: number, x: number) =>
      y >= 13 && y < 19 && x >= 4 && x < 11 ? 2 : x > y + 3 ? 1 : 0;
    const region = Array.from({ length: height * width }, (_, i) =>
      regionOf(Math.floor(i / width), i % width),
    );
    const image = tensor(
      [...region.map((r) => (r === 1 ? 4 : 0)), ...region.map((r) => (r === 2 ? 4 : 0))],
      [2, height, width],
    );
    const { count, of } = superpixels(image, { count: 20, compactness: 0.1 });
    const regions = Array.from({ length: count }, () => new Set<number>());
    for (let i = 0; i < region.length; i++) regions[of[i]].add(region[i]);
    expect(regions.map(({ size }) => size)).toEqual(new Array(count).fill(1));
  });

  it.each([
    [[1, 20, 20], 'chw', 20],
    [[12, 17, 3], 'hwc', 17],
    [[4, 60], 'cw', 60],
  ] as const)(
    'of %j are connected, numbered by first pixels, and alike in all channels',
    (shape, layout, width) => {
      const x = randomTensor(shape, 3);
      const { count, of } = superpixels(x, { layout, count: 12 });
      const pixels = width === 60 ? 60 : width === 17 ? 204 : 400;
      const channels = x.data.length / pixels;
      const firstChannel = Array.from({ length: pixels }, (_, i) =>
        layout === 'hwc' ? of[i * channels] : of[i],
      );
      for (let c = 0; c < channels; c++)
        for (let i = 0; i < pixels; i++)
          expect(layout === 'hwc' ? of[i * channels + c] : of[c * pixels + i]).toBe(firstChannel[i]);
      expect([...new Set(firstChannel)]).toEqual(Array.from({ length: count }, (_, i) => i));
      expect(connectedParts(firstChannel, width)).toBe(count);
      expect(superpixels({ ...x, data: x.data.slice() }, { layout, count: 12 })).toEqual({ count, of });
    },
  );

  it('of a flat image are the cells of a grid of about the count', () => {
    const { count, of } = superpixels(tensor(new Float64Array(400).fill(1), [20, 20]), { count: 16 });
    expect(count).toBe(16);
    expect(Array.from(of.subarray(0, 20))).toEqual(Array.from({ length: 20 }, (_, x) => Math.floor(x / 5)));
  });

  it('are features that need the input, and channels features that do not', () => {
    const x = randomTensor([2, 8, 8], 1);
    expect(featuresFor('test', x.shape, { features: 'superpixels', x })).toEqual(superpixels(x));
    expect(() => featuresFor('test', x.shape, { features: 'superpixels' })).toThrow(/features=labels.npy/);
    const { count, of } = featuresFor('test', x.shape, { features: 'channels' });
    expect([count, of[0], of[63], of[64]]).toEqual([2, 0, 0, 1]);
    expect(featuresFor('test', [8, 2], { features: 'channels', layout: 'wc' }).of.subarray(0, 4)).toEqual(
      Int32Array.of(0, 1, 0, 1),
    );
  });
});
