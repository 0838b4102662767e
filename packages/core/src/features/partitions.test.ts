import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Layout } from '../layout.js';
import { sizeOf } from '../tensor/tensor.js';
import { axisFeatures, elementFeatures, gridFeatures, pixelFeatures } from './partitions.js';

/** The index of an element along each axis. */
function indexOf(shape: readonly number[], element: number): number[] {
  return shape.map((size, axis) => Math.floor(element / sizeOf(shape.slice(axis + 1))) % size);
}

/** Elements are together when their labels are equal; features are numbered in the order of their first elements. */
function labelled(shape: readonly number[], label: (index: number[]) => unknown) {
  const labels = Array.from({ length: sizeOf(shape) }, (_, i) => JSON.stringify(label(indexOf(shape, i))));
  const used = [...new Set(labels)];
  return { count: used.length, of: Int32Array.from(labels, (each) => used.indexOf(each)) };
}

const size = fc.integer({ min: 1, max: 5 });
const picture = fc.tuple(size, size, size);
const layout = fc.constantFrom<Layout>('chw', 'hwc');
const positions = (index: number[], at: Layout) => (at === 'chw' ? index.slice(1) : index.slice(0, 2));

describe('features', () => {
  it('of elements are each alone', () => {
    fc.assert(
      fc.property(picture, (shape) => {
        expect(elementFeatures(shape)).toEqual(labelled(shape, (index) => index));
      }),
    );
  });

  it('of pixels hold all channels of a position', () => {
    fc.assert(
      fc.property(picture, layout, (shape, at) => {
        expect(pixelFeatures(shape, at)).toEqual(labelled(shape, (index) => positions(index, at)));
      }),
    );
    expect(pixelFeatures([2, 3], 'wc')).toEqual(labelled([2, 3], ([w]) => w));
    expect(pixelFeatures([2, 3], 'chw').count).toBe(6);
  });

  it('of a grid hold the positions with equal quotients by the size of a cell', () => {
    fc.assert(
      fc.property(picture, layout, size, size, (shape, at, h, w) => {
        const sizes = positions([...shape], at);
        fc.pre(h <= sizes[0] && w <= sizes[1]);
        const cellOf = (index: number[]) => {
          const [y, x] = positions(index, at);
          return [Math.floor(y / h), Math.floor(x / w)];
        };
        expect(gridFeatures(shape, { layout: at, cell: [h, w] })).toEqual(labelled(shape, cellOf));
      }),
    );
    expect(() => gridFeatures([1, 4, 4], { layout: 'chw', cell: 5 })).toThrow(
      'grid features: expected a window of at most 4 along axis 1, got 5',
    );
  });

  it('of an axis hold all elements of an index along it', () => {
    fc.assert(
      fc.property(picture, fc.integer({ min: 0, max: 2 }), (shape, axis) => {
        const found = labelled(shape, (index) => index[axis]);
        expect(axisFeatures(shape, axis)).toEqual(found);
        expect(axisFeatures(shape, axis - 3)).toEqual(found);
      }),
    );
    expect(axisFeatures([2], -1, ['age', 'height']).names).toEqual(['age', 'height']);
  });
});
