import {
  featureValues,
  fold,
  functionScore,
  gaussianBlur,
  key,
  linearScore,
  type Score,
  stream,
  type Tensor,
  tensor,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { normalsOf } from '../../test/normals.js';
import { bbmp } from './bbmp.js';
import { gatherSlopes, maskOnGrid, spreadMask } from './mask.js';
import { penaltyOf } from './penalty.js';

const seed = key(4);
const normals = normalsOf(seed);
const floats = (name: string, dims: readonly number[]) => Float64Array.from(normals(name, dims).data);
const shape = [2, 6, 5];
const positions = 30;

/** A score that needs its input: a smooth function that falls when the elements of large weight go to 0. */
const w = normals('w', shape);
const x = tensor(
  w.data.map((v) => Math.sign(v) * (0.5 + Math.abs(v))),
  shape,
);
const f = functionScore({
  shape,
  value: ({ data }) => Math.tanh(dotOf(data) / 10) + 0.05 * Math.sin(data[7]),
  gradient: ({ data }) => {
    const slope = (1 - Math.tanh(dotOf(data) / 10) ** 2) / 10;
    return tensor(
      w.data.map((v, i) => slope * v + (i === 7 ? 0.05 * Math.cos(data[7]) : 0)),
      shape,
    );
  },
});
function dotOf(data: Tensor['data']): number {
  let total = 0;
  for (let i = 0; i < data.length; i++) total += data[i] * w.data[i];
  return total;
}

describe('the penalty', () => {
  it('has the slope of its value', () => {
    const cells = [3, 4];
    const mask = floats('m', cells).map((v) => 1 / (1 + Math.exp(v)));
    for (const towards of [0, 1] as const) {
      const at = (m: Float64Array) => penaltyOf(m, cells, { l1: 2, towards, tv: 3 });
      at(mask).slope.forEach((slope, i) => {
        const [up, down] = [mask.slice(), mask.slice()];
        up[i] += 1e-5;
        down[i] -= 1e-5;
        expect(slope).toBeCloseTo((at(up).value - at(down).value) / 2e-5, 7);
      });
    }
  });

  it('is the mean distance plus the mean cubes of steps between neighbours along each axis', () => {
    const mask = Float64Array.of(0.5, 1, 0, 0.25);
    const distance = 2 * ((0.5 + 0 + 1 + 0.75) / 4);
    const rows = (0.5 ** 3 + 0.25 ** 3) / 2;
    const columns = (0.5 ** 3 + 0.75 ** 3) / 2;
    const { value } = penaltyOf(mask, [2, 2], { l1: 2, towards: 1, tv: 10 });
    expect(value).toBeCloseTo(distance + 10 * (rows + columns), 12);
  });
});

describe('a mask on a grid', () => {
  const map = maskOnGrid('test', [2, 10, 12], { layout: 'chw', cells: 4, smoothing: 5 / 8 });

  it('of ones covers every position with 1, and of other numbers stays between them, wherever it is moved', () => {
    for (const shift of [
      [0, 0],
      [2, -1],
    ]) {
      for (const v of spreadMask(map, new Float64Array(16).fill(1), shift)) expect(v).toBeCloseTo(1, 12);
      const mixed = spreadMask(map, floats('mixed', [16]).map(Math.sign), shift);
      for (const v of mixed) expect(Math.abs(v)).toBeLessThanOrEqual(1 + 1e-12);
    }
  });

  it('is moved by whole positions, and continued at its border', () => {
    const mask = floats('moved', [16]);
    const [rest, moved] = [spreadMask(map, mask, [0, 0]), spreadMask(map, mask, [1, -2])];
    for (let row = 0; row < 10; row++)
      for (let column = 0; column < 12; column++) {
        const from = Math.min(row + 1, 9) * 12 + Math.max(column - 2, 0);
        expect(moved[row * 12 + column]).toBeCloseTo(rest[from], 12);
      }
  });

  it('hands slopes back by the transpose', () => {
    const shift = [1, -1];
    const mask = floats('a', [16]);
    const slopes = floats('b', [120]);
    const product = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * b[i], 0);
    const direct = product(spreadMask(map, mask, shift), slopes);
    const back = product(mask, gatherSlopes(map, slopes, shift));
    expect(back).toBeCloseTo(direct, 10);
  });

  it('is in the order of the positions of either layout', () => {
    const other = maskOnGrid('test', [10, 12, 2], { layout: 'hwc', cells: 4, smoothing: 0 });
    const mask = floats('order', [16]);
    const same = maskOnGrid('test', [2, 10, 12], { layout: 'chw', cells: 4, smoothing: 0 });
    const [a, b] = [spreadMask(same, mask, [0, 0]), spreadMask(other, mask, [0, 0])];
    for (let i = 0; i < 240; i++) {
      const position = i % 120;
      expect(a[same.features.of[i]]).toBe(b[other.features.of[2 * position]]);
    }
  });
});

/** The authors' program: a mask of ones for each position, noise, and Adam by its own formulas; gradients by central differences. */
async function slowPaperCode(score: Score, iterations: number): Promise<number[]> {
  const blurred = gaussianBlur('test', x, { layout: 'chw', sigma: 5, radius: 5 });
  const mask: number[] = new Array(positions).fill(1);
  const [first, second] = [new Float64Array(positions), new Float64Array(positions)];
  const objective = async (m: readonly number[], noise: Tensor): Promise<number> => {
    const input = x.data.map((v, i) => {
      const kept = m[i % positions];
      return kept * v + (1 - kept) * blurred.data[i] + noise.data[i];
    });
    const [value] = await score.value(tensor(input, [1, ...shape]));
    let [rows, columns] = [0, 0];
    for (let i = 0; i < positions; i++) {
      if (i + 5 < positions) rows += Math.abs(m[i + 5] - m[i]) ** 3 / 25;
      if (i % 5 < 4) columns += Math.abs(m[i + 1] - m[i]) ** 3 / 24;
    }
    return 10 * (m.reduce((sum, v) => sum + v, 0) / positions) + 0.01 * (rows + columns) + value;
  };
  for (let t = 1; t <= iterations; t++) {
    const noise = zeros(shape);
    stream(fold(fold(fold(seed, 'bbmp'), 'noise'), t - 1)).fillNormal(noise.data);
    const slopes: number[] = [];
    for (let j = 0; j < positions; j++) {
      const moved = (by: number) => objective(mask.with(j, mask[j] + by), noise);
      slopes.push(((await moved(1e-4)) - (await moved(-1e-4))) / 2e-4);
    }
    slopes.forEach((slope, j) => {
      first[j] = 0.9 * first[j] + 0.1 * slope;
      second[j] = 0.999 * second[j] + 0.001 * slope ** 2;
      const step = first[j] / (1 - 0.9 ** t) / (Math.sqrt(second[j] / (1 - 0.999 ** t)) + 1e-8);
      mask[j] = Math.min(1, Math.max(0, mask[j] - 0.1 * step));
    });
  }
  return mask;
}

describe('bbmp with preset paper-code', () => {
  it('equals the program written out, on the same noise', async () => {
    const found = await bbmp({ preset: 'paper-code', iterations: 6 })(f, x, seed);
    const slow = await slowPaperCode(f, 6);
    const values = featureValues(found);
    slow.forEach((m, j) => {
      expect(values[j]).toBeCloseTo(m, 5);
    });
  });

  it('makes 1000 steps by default', async () => {
    const { cost } = await bbmp({ preset: 'paper-code' })(f, x, seed);
    expect(cost).toEqual({ forward: 3, backward: 1000 });
  });
});

describe('bbmp with preset paper', () => {
  it('ends at a mask that no small random change improves', async () => {
    const explain = bbmp({ l1: 0.3, features: 'pixels', iterations: 400, rate: 0.02 });
    const { values, details } = await explain(f, x, seed);
    const mask = Float64Array.from(values.data.subarray(0, positions), (v) => 1 - v);
    const plain = async (m: Float64Array) => {
      const [atX, atReference] = await f.value(tensor([...x.data, ...zeros(shape).data], [2, ...shape]));
      const [value] = await f.value(
        tensor(
          x.data.map((v, i) => v * m[i % positions]),
          [1, ...shape],
        ),
      );
      const distance = m.reduce((sum, v) => sum + (1 - v), 0) / positions;
      return 0.3 * distance + value / (atX - atReference);
    };
    const least = await plain(mask);
    expect(details?.objective).toBeCloseTo(least, 10);
    const random = stream(fold(seed, 'changes'));
    for (let i = 0; i < 50; i++) {
      const changed = mask.map((m) => Math.min(1, Math.max(0, m + 0.1 * random.normal())));
      expect(await plain(changed)).toBeGreaterThan(least - 1e-3);
    }
  });

  it('lowers its objective with more steps, below that of the whole input and of the reference', async () => {
    const objectives: number[] = [];
    for (const iterations of [1, 15, 200]) {
      const { details } = await bbmp({ l1: 1, tv: 0.1, reference: 0, iterations })(linearScore(w), x, seed);
      objectives.push(Number(details?.objective));
    }
    expect(objectives[1]).toBeLessThan(objectives[0]);
    expect(objectives[2]).toBeLessThan(objectives[1]);
    // Both have 1: the one all of f, the other all of the mean of 1 - mask.
    expect(objectives[2]).toBeLessThan(0.95);
  });

  it('gives 1 where the score needs the input and 0 where it does not look', async () => {
    const half = tensor(
      Float64Array.from({ length: 60 }, (_, i) => (i % 5 < 2 ? 1 : 0)),
      shape,
    );
    const ones = tensor(new Float64Array(60).fill(1), shape);
    const { values, details } = await bbmp({ reference: 0, l1: 0.5, tv: 0.1 })(linearScore(half), ones, seed);
    for (let i = 0; i < 60; i++) {
      if (i % 5 === 0) expect(values.data[i]).toBeGreaterThan(0.7);
      if (i % 5 === 4) expect(values.data[i]).toBeLessThan(0.3);
    }
    expect(details?.masked).toBeLessThan(0.3 * 24);
  });

  it('does not depend on the units of the score', async () => {
    const tenfold: Score = {
      ...f,
      value: async (batch) => (await f.value(batch)).map((v) => 10 * v + 3),
      gradient: async (batch) => {
        const { data } = await f.gradient(batch);
        return tensor(
          Float64Array.from(data, (v) => 10 * v),
          batch.shape,
        );
      },
    };
    const explain = bbmp({ reference: 0, iterations: 20 });
    const [one, ten] = [await explain(f, x, seed), await explain(tenfold, x, seed)];
    ten.values.data.forEach((value, i) => {
      expect(value).toBeCloseTo(one.values.data[i], 8);
    });
  });

  it('takes features, a tensor, noise and a blur as the reference', async () => {
    const labels = tensor(
      Float64Array.from({ length: 60 }, (_, i) => i % 4),
      shape,
    );
    const grouped = await bbmp({ features: labels, iterations: 30 })(f, x, seed);
    expect(grouped.features?.count).toBe(4);
    expect(grouped.method).toBe(bbmp({ features: labels, iterations: 30 }).expression);
    const same = await bbmp({ reference: zeros(shape), iterations: 5 })(f, x, seed);
    expect(same.values).toEqual((await bbmp({ reference: 0, iterations: 5 })(f, x, seed)).values);
    for (const reference of ['noise', 'blur'] as const) {
      const { values } = await bbmp({ reference, iterations: 5 })(f, x, seed);
      for (const v of values.data) expect(Math.abs(v - 0.5)).toBeLessThanOrEqual(0.5 + 1e-9);
    }
  });

  it('refuses a reference that raises the score, and options of the grid beside features', async () => {
    await expect(bbmp({ reference: zeros(shape) })(linearScore(w), zeros(shape), seed)).rejects.toMatchObject(
      {
        code: 'not-applicable',
      },
    );
    for (const idle of [{ tv: 1 }, { jitter: 2 }, { cells: 28 }]) {
      expect(() => bbmp({ features: 'elements', ...idle })).toThrow(
        expect.objectContaining({ code: 'option-value' }),
      );
    }
  });
});
