import { describe, expect, it } from 'vitest';
import { tensor } from '../tensor/tensor.js';
import { dependsOnLayout, featuresFor, withoutIdleLayout } from './choice.js';
import { elementFeatures, gridFeatures, pixelFeatures } from './partitions.js';

const shape = [2, 4, 6];

describe('a choice of features', () => {
  it.each([
    ['elements', elementFeatures(shape)],
    ['pixels', pixelFeatures(shape, 'hwc')],
    [2, gridFeatures(shape, { layout: 'hwc', cell: 2 })],
    [[1, 3], gridFeatures(shape, { layout: 'hwc', cell: [1, 3] })],
  ] as const)('%j names the partition of that name', (features, partition) => {
    expect(featuresFor('here', shape, { features, layout: 'hwc' })).toEqual(partition);
  });

  it('makes one feature of the elements with equal labels, numbered in ascending order of the labels', () => {
    const labels = tensor([7, 2.5, 7, -1], [2, 2]);
    const { count, of } = featuresFor('here', [2, 2], { features: labels });
    expect([count, ...of]).toEqual([3, 2, 1, 2, 0]);
  });

  it('repeats labels of positions along the channels', () => {
    const labels = tensor([0, 1], [1, 2]);
    expect([...featuresFor('here', [2, 1, 2], { features: labels }).of]).toEqual([0, 1, 0, 1]);
    expect(() => featuresFor('here', [3], { features: labels })).toThrow('here(features)');
  });

  it('depends on the layout only where positions are told from channels', () => {
    expect(['elements' as const, tensor([1], [1])].map(dependsOnLayout)).toEqual([false, false]);
    expect(['pixels' as const, 2, [1, 3]].map(dependsOnLayout)).toEqual([true, true, true]);
    expect(withoutIdleLayout({ features: 'elements', layout: 'hwc' }).layout).toBeUndefined();
    expect(withoutIdleLayout({ features: 2, layout: 'hwc' }).layout).toBe('hwc');
  });
});
