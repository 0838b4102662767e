/** Propositions 2.2 to 2.4 of [Y19] on a shipped model: which explanations are optimal for which perturbations. */
import { join } from 'node:path';
import { coordinate, differenceToBaseline, key, type Score, singletons, type Tensor } from '@onnxplain/core';
import { gradient, leaveOneOut, optimal } from '@onnxplain/explainers';
import { completeness } from '@onnxplain/metrics';
import { type Model, open, score } from '@onnxplain/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageRows, packagedDigits, readDigits } from '../scripts/idx.js';

const seed = key(1);
let model: Model;
let f: Score;
let x: Tensor;

beforeAll(async () => {
  model = await open(join(import.meta.dirname, '../models/mnist-small-cnn.onnx'));
  const digits = readDigits(packagedDigits(), 't10k');
  x = { shape: [1, 28, 28], data: Float32Array.from(imageRows(digits, 0, 1)) };
  f = await score(model, { target: digits.labels[0] });
});
afterAll(() => model.close());

/** Greatest difference of two explanations, relative to the greatest number of the second. */
function apart(a: Tensor, b: Tensor): number {
  const gaps = Array.from(a.data, (value, i) => Math.abs(value - b.data[i]));
  return Math.max(...gaps) / Math.max(...Array.from(b.data, Math.abs));
}

describe('the optimal explanation', () => {
  it('of one deterministic difference is complete (Proposition 2.2)', async () => {
    const attribution = await optimal(differenceToBaseline())(f, x, seed);
    const { estimate } = await completeness({ relative: true }).measure({ f, x, attribution }, seed);
    expect(estimate.kind === 'exact' && estimate.value).toBeLessThan(1e-5);
  });

  it('of small steps along the coordinates tends to the gradient (Proposition 2.3)', async () => {
    const slopes = (await gradient()(f, x, seed)).values;
    const distances: number[] = [];
    for (const step of [0.3, 0.03, 0.003]) {
      distances.push(apart((await optimal(coordinate({ step }))(f, x, seed)).values, slopes));
    }
    expect(distances[1]).toBeLessThan(distances[0] / 2);
    expect(distances[2]).toBeLessThan(distances[1] / 2);
  });

  it('of single features is occlusion of one feature (Proposition 2.4)', async () => {
    const single = await optimal(singletons())(f, x, seed);
    const occluded = await leaveOneOut()(f, x, seed);
    expect(apart(single.values, occluded.values)).toBeLessThan(1e-9);
  });
});
