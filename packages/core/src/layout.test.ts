import { describe, expect, it } from 'vitest';
import { axesOf, fitsLayout, type Layout, layoutByShape, layouts } from './layout.js';

describe('the axes of an input', () => {
  const cases: readonly (readonly [Layout, readonly number[], number | undefined, readonly number[]])[] = [
    ['chw', [3, 8, 9], 0, [1, 2]],
    ['hwc', [8, 9, 3], 2, [0, 1]],
    ['chw', [8, 9], undefined, [0, 1]],
    ['cw', [2, 50], 0, [1]],
    ['wc', [50, 2], 1, [0]],
    ['chw', [7], undefined, [0]],
    ['chw', [2, 4, 8, 9], 0, [1, 2, 3]],
    ['hwc', [4, 8, 9, 2], 3, [0, 1, 2]],
  ];
  it.each(cases)('%s of shape %j: channels %j, positions %j', (layout, shape, channels, positions) => {
    expect(axesOf('test', shape, layout)).toEqual({ channels, positions });
  });

  it('are refused, with the axes of the layout, where their number differs', () => {
    const misfits: readonly (readonly [Layout, readonly number[]])[] = [
      ['hwc', [8, 9]],
      ['cw', [3, 8, 9]],
      ['wc', [5]],
    ];
    for (const [layout, shape] of misfits) {
      expect(fitsLayout(shape, layout)).toBe(false);
      const refusal = expect.objectContaining({ code: 'not-applicable' });
      expect(() => axesOf('test', shape, layout)).toThrow(refusal);
    }
  });

  it('are all of the axes, each once, in every layout', () => {
    for (const layout of layouts) {
      for (const shape of [[4], [4, 5], [4, 5, 6], [4, 5, 6, 7]].filter((each) => fitsLayout(each, layout))) {
        const { channels, positions } = axesOf('test', shape, layout);
        const all = channels === undefined ? positions : [...positions, channels];
        expect(all.toSorted()).toEqual(shape.map((_, axis) => axis));
      }
    }
  });
});

describe('a shape by itself', () => {
  it('tells the layout of three axes where one end can hold channels and the other cannot', () => {
    expect(layoutByShape([3, 24, 32])).toBe('chw');
    expect(layoutByShape([1, 28, 28])).toBe('chw');
    expect(layoutByShape([24, 32, 3])).toBe('hwc');
    expect(layoutByShape([28, 28, 1])).toBe('hwc');
  });

  it('does not tell it where both ends or neither can, nor that of other numbers of axes', () => {
    for (const shape of [[3, 24, 3], [1, 5, 3], [8, 20, 20], [24, 32], [3], [1, 2, 3, 4]]) {
      expect(layoutByShape(shape)).toBeUndefined();
    }
  });
});
