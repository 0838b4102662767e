import { describe, expect, it } from 'vitest';
import { gaussianBlur } from '../features/blur.js';
import { fold, key } from '../random/key.js';
import { stream } from '../random/stream.js';
import { row } from '../tensor/rows.js';
import { type Shape, sizeOf, type Tensor, tensor } from '../tensor/tensor.js';
import type { Perturbation } from '../types/draws.js';
import { differenceToBaseline, noisyBaseline } from './baseline.js';
import { boxes, halves } from './boxes.js';
import { coalitions } from './coalitions.js';
import { coordinate } from './coordinate.js';
import { sets, storedMasks } from './sets.js';
import { smoothMasks } from './smooth-masks.js';
import { square } from './square.js';
import { singletons, subset } from './subset.js';

function randomTensor(shape: Shape, seed: number): Tensor {
  const data = new Float64Array(sizeOf(shape));
  stream(key(seed)).fillNormal(data);
  return tensor(data, shape);
}

const shape = [2, 4, 5];
const x = randomTensor(shape, 0);
const d = 40;

/** The masks of the first n draws, as lists. */
function masksOf(p: Perturbation, n: number, at = x): number[][] {
  const dense = p(at, key(5), 0, n).masks?.dense() ?? tensor([], [0, d]);
  return Array.from({ length: n }, (_, i) => Array.from(row(dense, i).data));
}

/** The inputs of the first n draws, as lists. */
function inputsOf(p: Perturbation, n: number): number[][] {
  const { inputs } = p(x, key(5), 0, n);
  return Array.from({ length: n }, (_, i) => Array.from(row(inputs, i).data));
}

describe('several baselines', () => {
  const rows = randomTensor([3, ...shape], 4);
  const baselines = [0, 1, 2].map((i) => Array.from(row(rows, i).data));
  const removed = (mask: readonly number[], baseline: readonly number[]) =>
    mask.map((gone, j) => (gone === 1 ? baseline[j] : x.data[j]));

  it('each draw at random takes one of them, all about equally often, whatever the features are', () => {
    const n = 600;
    const p = subset({ baseline: rows });
    const masks = masksOf(p, n);
    const taken = inputsOf(p, n).map((input, i) =>
      baselines.findIndex((baseline) => String(removed(masks[i], baseline)) === String(input)),
    );
    for (const which of [0, 1, 2]) {
      const times = taken.filter((each) => each === which).length;
      expect(Math.abs(times - n / 3)).toBeLessThan(5 * Math.sqrt((n * 2) / 9));
    }
    expect(masks).toEqual(masksOf(subset(), n));
  });

  it.each([
    [singletons({ baseline: rows, features: 'pixels' }), singletons({ features: 'pixels' })],
    [square({ size: 3, positions: 'all', baseline: rows }), square({ size: 3, positions: 'all' })],
    [halves({ baseline: rows }), halves()],
    [sets({ sets: [[1], [2, 3], [4]], baseline: rows }), sets({ sets: [[1], [2, 3], [4]] })],
    [differenceToBaseline({ baseline: rows }), differenceToBaseline()],
    [
      coalitions({ sampling: 'all', features: 4, baseline: rows }),
      coalitions({ sampling: 'all', features: 4 }),
    ],
  ])('%s takes every draw with every one, by baseline', (p, one) => {
    const each = one.count?.(shape) ?? 0;
    expect(p.count?.(shape)).toBe(3 * each);
    const masks = masksOf(one, each);
    const expected = baselines.flatMap((baseline) => masks.map((mask) => removed(mask, baseline)));
    expect(inputsOf(p, 3 * each)).toEqual(expected);
  });

  it('a list of numbers has one for each number, and noise lies around that of its draw', () => {
    expect(inputsOf(differenceToBaseline({ baseline: [1, 7] }), 2)).toEqual([
      new Array(d).fill(1),
      new Array(d).fill(7),
    ]);
    const noisy = inputsOf(noisyBaseline({ sigma: 0.1, baseline: [0, 100] }), 40).map(([first]) => first);
    expect(noisy.filter((value) => Math.abs(value) < 1).length).toBeGreaterThan(5);
    expect(noisy.filter((value) => Math.abs(value - 100) < 1).length).toBeGreaterThan(5);
  });
});

describe('what removed elements become', () => {
  it('mean: the mean of their channel, in the layout given', () => {
    const meanOf = (in_: (j: number) => boolean) => {
      const kept = Array.from(x.data).filter((_, j) => in_(j));
      return kept.reduce((a, b) => a + b, 0) / kept.length;
    };
    const [chw] = inputsOf(differenceToBaseline({ baseline: 'mean' }), 1);
    const [hwc] = inputsOf(differenceToBaseline({ baseline: 'mean', layout: 'hwc' }), 1);
    for (let j = 0; j < d; j++) {
      expect(chw[j]).toBeCloseTo(
        meanOf((k) => Math.floor(k / 20) === Math.floor(j / 20)),
        12,
      );
      expect(hwc[j]).toBeCloseTo(
        meanOf((k) => k % 5 === j % 5),
        12,
      );
    }
  });

  it('blur: the blurred input', () => {
    const [found] = inputsOf(differenceToBaseline({ baseline: 'blur' }), 1);
    expect(found).toEqual(Array.from(gaussianBlur('test', x, { layout: 'chw', sigma: 5, radius: 15 }).data));
  });

  it('noise: normal numbers around the baseline, in removed elements only, and the mean over draws is not exact', () => {
    const p = square({ size: 4, baseline: 2, noise: 0.5 });
    const [masks, inputs] = [masksOf(p, 200), inputsOf(p, 200)];
    const around: number[] = [];
    for (const [i, mask] of masks.entries()) {
      mask.forEach((gone, j) => {
        if (gone === 1) around.push(inputs[i][j] - 2);
        else expect(inputs[i][j]).toBe(x.data[j]);
      });
    }
    const variance = around.reduce((sum, v) => sum + v * v, 0) / around.length;
    expect(Math.abs(variance / 0.25 - 1)).toBeLessThan(5 * Math.sqrt(2 / around.length));
    expect(square({ size: 2, positions: 'all' }).exhaustive).toBe(true);
    expect(square({ size: 2, positions: 'all', noise: 0.5 }).exhaustive).toBe(false);
  });
});

describe('sets of features', () => {
  it('singletons remove each feature once, in order', () => {
    expect(masksOf(singletons(), d)).toEqual(
      Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_, j) => (i === j ? 1 : 0))),
    );
    const pixels = masksOf(singletons({ features: 'pixels' }), 20);
    for (let i = 0; i < 20; i++)
      expect(pixels[i].flatMap((gone, j) => (gone ? [j] : []))).toEqual([i, i + 20]);
  });

  it('sets remove what they name, and refuse features that are not there', () => {
    const p = sets({ sets: [[0, 39], [5]] });
    expect(masksOf(p, 2).map((mask) => mask.flatMap((gone, j) => (gone ? [j] : [])))).toEqual([[0, 39], [5]]);
    expect(() => sets({ sets: [[40]] })(x, key(0), 0, 1)).toThrow(/features from 0 to 39, got 40/);
  });

  it('stored masks name elements or features, and are refused unless they are 0 and 1 and fit', () => {
    const byPixel = tensor([...new Array(19).fill(0), 1], [1, 20]);
    expect(
      masksOf(storedMasks(byPixel, { features: 'pixels' }), 1)[0].flatMap((gone, j) => (gone ? [j] : [])),
    ).toEqual([19, 39]);
    expect(() => storedMasks(byPixel)(x, key(0), 0, 1)).toThrow(/40 numbers a mask.*got 20/);
    expect(() => storedMasks(tensor([0.5], [1, 1]))).toThrow(/masks of 0 and 1, got 0.5/);
    expect(storedMasks(byPixel).exhaustive).toBeUndefined();
  });

  it('coordinate takes the step from each element once', () => {
    const { deltas } = coordinate({ step: 0.25 })(x, key(0), 0, d);
    deltas.data.forEach((delta, at) => {
      expect(delta).toBeCloseTo(Math.floor(at / d) === at % d ? 0.25 : 0, 12);
    });
  });
});

describe('boxes', () => {
  it('halves are those of the image, the middle row going to the bottom', () => {
    const tall = randomTensor([5, 4], 1);
    const rowsOf = (side: 'top' | 'bottom' | 'left' | 'right') =>
      masksOf(halves({ sides: [side] }), 1, tall)[0].flatMap((gone, j) => (gone ? [j] : []));
    expect(rowsOf('top')).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(rowsOf('bottom')).toEqual([8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect(rowsOf('left')).toEqual([0, 1, 4, 5, 8, 9, 12, 13, 16, 17]);
    expect(rowsOf('right')).toEqual([2, 3, 6, 7, 10, 11, 14, 15, 18, 19]);
    expect(() => halves()(randomTensor([6, 2], 1), key(0), 0, 1)).not.toThrow();
    expect(() => halves({ layout: 'wc' })(randomTensor([6, 2], 1), key(0), 0, 1)).toThrow(/not empty/);
  });

  it('are refused where they leave the image or are empty', () => {
    expect(() => boxes({ boxes: [[0, 5, 0, 2]] })(x, key(0), 0, 1)).toThrow(
      /height 4 and width 5.*\[0, 5, 0, 2\]/,
    );
    expect(() => boxes({ boxes: [[1, 1, 0, 2]] })).toThrow(/top < bottom/);
  });

  it('of one channel at a time are every square in every channel, by channel', () => {
    const p = square({ sizes: [3, 4], positions: 'all', channels: 'each' });
    const whole = masksOf(square({ sizes: [3, 4], positions: 'all' }), 8);
    expect(p.count?.(shape)).toBe(16);
    const expected = [0, 1].flatMap((c) =>
      whole.map((mask) => mask.map((gone, j) => (Math.floor(j / 20) === c ? gone : 0))),
    );
    expect(masksOf(p, 16)).toEqual(expected);
    const hwc = square({ size: 2, positions: 'all', channels: 'each', layout: 'hwc' });
    const [first] = masksOf(hwc, 1);
    expect(first.flatMap((gone, j) => (gone ? [j] : []))).toEqual([0, 5, 20, 25]);
  });
});

describe('coalitions', () => {
  const small = randomTensor([5], 2);
  const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
  const choices = (n: number, k: number) => factorial(n) / factorial(k) / factorial(n - k);
  const shapley = (d: number, s: number) => (d - 1) / (choices(d, s) * s * (d - s));
  const sizeOfMask = (mask: readonly number[]) => mask.reduce((a, b) => a + b, 0);

  it('all: every set but the empty and the full one, with weights in the ratios of the Shapley kernel', () => {
    const p = coalitions({ sampling: 'all' });
    expect(p.count?.([5])).toBe(30);
    const masks = masksOf(p, 30, small);
    expect(new Set(masks.map(String)).size).toBe(30);
    const weights = p(small, key(0), 0, 30).weights ?? [];
    for (let i = 0; i < 30; i++) {
      expect(sizeOfMask(masks[i]) % 5).not.toBe(0);
      expect(weights[i] / weights[0]).toBeCloseTo(shapley(5, sizeOfMask(masks[i])) / shapley(5, 1), 12);
    }
  });

  it('kernel: sets as often as the kernel says, those of a size equally often', () => {
    const n = 6000;
    const counts = new Map<string, number>();
    for (const mask of masksOf(coalitions(), n, small))
      counts.set(String(mask), (counts.get(String(mask)) ?? 0) + 1);
    const total = [1, 2, 3, 4].reduce((sum, s) => sum + choices(5, s) * shapley(5, s), 0);
    let chi = 0;
    for (const mask of masksOf(coalitions({ sampling: 'all' }), 30, small)) {
      const expected = (n * shapley(5, sizeOfMask(mask))) / total;
      chi += ((counts.get(String(mask)) ?? 0) - expected) ** 2 / expected;
    }
    expect(chi).toBeLessThan(58.3); // 99.9 % of chi-squared with 29 degrees of freedom
  });

  it('paired: odd draws are the complements of those before', () => {
    const masks = masksOf(coalitions({ sampling: 'paired' }), 20, small);
    for (let i = 0; i < 20; i += 2) expect(masks[i + 1]).toEqual(masks[i].map((gone) => 1 - gone));
  });

  it('uniform: weights in the ratios of the kernel, or of the program of the authors', () => {
    const ofCode = (s: number) => (s === 4 ? 0 : 4 / (s * (4 - s) * choices(4, s)));
    for (const [kernel, weigh] of [
      ['paper', (s: number) => shapley(5, s)],
      ['paper-code', ofCode],
    ] as const) {
      const p = coalitions({ sampling: 'uniform', kernel });
      const masks = masksOf(p, 50, small);
      const weights = p(small, key(5), 0, 50).weights ?? [];
      const two = masks.findIndex((mask) => sizeOfMask(mask) === 2);
      for (let i = 0; i < 50; i++)
        expect(weights[i] / weights[two]).toBeCloseTo(weigh(sizeOfMask(masks[i])) / weigh(2), 12);
    }
  });

  it('keeps weights finite for hundreds of features', () => {
    const wide = randomTensor([784], 3);
    const { weights } = coalitions({ sampling: 'uniform' })(wide, key(0), 0, 50);
    expect(weights?.every((weight) => Number.isFinite(weight) && weight > 0)).toBe(true);
  });

  it('refuses 17 features for all sets, one feature, and the kernel of the code for other draws', () => {
    const all = coalitions({ sampling: 'all' });
    expect(() => all(randomTensor([17], 1), key(0), 0, 1)).toThrow(/2 to 16 features, got 17/);
    expect(() => coalitions()(randomTensor([1], 1), key(0), 0, 1)).toThrow(/at least 2 features/);
    expect(() => coalitions({ kernel: 'paper-code' })).toThrow(/sampling=uniform only/);
  });
});

describe('smooth masks', () => {
  /** The definition, step by step: the grid, the grid enlarged bilinearly, and the part of it that the image sees. */
  function slowMask(draw: number, [height, width]: Shape, cells: number, probability: number): number[] {
    const random = stream(fold(key(5), draw));
    const [cellHeight, cellWidth] = [Math.ceil(height / cells), Math.ceil(width / cells)];
    const [top, left] = [random.below(cellHeight), random.below(cellWidth)];
    const grid = Array.from({ length: cells }, () =>
      Array.from({ length: cells }, () => (random.uint32() < probability * 2 ** 32 ? 1 : 0)),
    );
    const at = (y: number, x: number) =>
      grid[Math.min(cells - 1, Math.max(0, y))][Math.min(cells - 1, Math.max(0, x))];
    const enlarged = (row: number, column: number) => {
      const y = ((row + 0.5) * cells) / ((cells + 1) * cellHeight) - 0.5;
      const x = ((column + 0.5) * cells) / ((cells + 1) * cellWidth) - 0.5;
      let sum = 0;
      for (const near of [Math.floor(y), Math.floor(y) + 1]) {
        for (const next of [Math.floor(x), Math.floor(x) + 1])
          sum += at(near, next) * (1 - Math.abs(y - near)) * (1 - Math.abs(x - next));
      }
      return sum;
    };
    return Array.from({ length: height * width }, (_, i) =>
      enlarged(top + Math.floor(i / width), left + (i % width)),
    );
  }

  it.each([
    [12, 12],
    [13, 9],
  ])('of %i x %i are parts of an enlarged grid, the same for all channels', (height, width) => {
    const masks = masksOf(
      smoothMasks({ cells: 4, probability: 0.4 }),
      10,
      randomTensor([2, height, width], 1),
    );
    for (const [draw, mask] of masks.entries()) {
      const slow = slowMask(draw, [height, width], 4, 0.4);
      mask.forEach((share, j) => {
        expect(share).toBeCloseTo(slow[j % slow.length], 12);
      });
    }
  });

  it('remove the probability of the image in the mean, at every place', () => {
    const n = 3000;
    const masks = masksOf(smoothMasks({ cells: 2, probability: 0.3 }), n);
    for (const j of [0, 7, 19]) {
      const values = masks.map((mask) => mask[j]);
      const mean = values.reduce((a, b) => a + b, 0) / n;
      expect(Math.abs(mean - 0.3)).toBeLessThan(5 * Math.sqrt((0.3 * 0.7) / n));
    }
  });
});
