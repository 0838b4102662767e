import { fold, gaussian, key, linearScore, row, stream, tensor, zeros } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { random } from './random.js';
import { smooth } from './smooth/smooth.js';
import { timesInput } from './times-input.js';

const x = tensor([1, -2, 0.5, 3], [4]);
const f = linearScore(tensor([3, -1, 2, 1], [4]), 0);
const valuesAt = async (at: typeof x, k = key(0)) => [...(await random()(f, at, k)).values.data];

describe('random', () => {
  it('gives the same values for the same input and key, in any type of number, and others for others', async () => {
    const values = await valuesAt(x);
    expect(await valuesAt(tensor(Float32Array.from(x.data), [4]))).toEqual(values);
    expect(await valuesAt(x, key(1))).not.toEqual(values);
  });

  it('does not seem stable: a step of 1e-9 gives unrelated values', async () => {
    const near = tensor([1 + 1e-9, -2, 0.5, 3], [4]);
    const [here, there] = [await valuesAt(x), await valuesAt(near)];
    for (const [i, value] of here.entries()) expect(Math.abs(value - there[i])).toBeGreaterThan(1e-6);
  });

  it('shares nothing with draws that are made of the same key', async () => {
    const values = await valuesAt(x);
    const drawn = [key(0), fold(key(0), 0), fold(key(0), 'draws')].map((k) => {
      const numbers = zeros([4]);
      stream(k).fillNormal(numbers.data);
      return [...numbers.data];
    });
    const perturbed = [...row(gaussian({ sigma: 1 })(x, key(0), 0, 1).deltas, 0).data];
    for (const other of [...drawn, perturbed, perturbed.map((delta) => -delta)]) {
      expect(other.filter((value) => values.some((own) => Math.abs(own - value) < 1e-6))).toEqual([]);
    }
  });

  it('is a control, and so is what is made of it', () => {
    expect(random().control).toBe(true);
    expect(smooth(random(), gaussian({ sigma: 1 })).control).toBe(true);
    expect(timesInput(random()).control).toBe(true);
  });
});
