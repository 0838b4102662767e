/** Propositions 2.2 to 2.5 of [Y19] on a shipped model: which explanations are optimal for which perturbations. */
import { join } from 'node:path';
import {
  coalitions,
  coordinate,
  differenceToBaseline,
  gridFeatures,
  key,
  type Score,
  singletons,
  type Tensor,
  tensor,
} from '@onnxplain/core';
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

/** The Shapley values of cells by enumeration: the mean gain of a cell over all orders, f of a set being f(x) with the other cells 0. */
async function shapleyOfCells(cell: Int32Array, count: number): Promise<Tensor> {
  const sets = Array.from({ length: 2 ** count }, (_, set) => set);
  const inputs = sets.map((set) => x.data.map((value, i) => ((set >> cell[i]) & 1 ? value : 0)));
  const values = await f.value(
    tensor(Float32Array.from(inputs.flatMap((each) => [...each])), [sets.length, ...x.shape]),
  );
  const factorial = (k: number): number => (k < 2 ? 1 : k * factorial(k - 1));
  const sizeOf = (set: number) => [...set.toString(2)].filter((bit) => bit === '1').length;
  const gains = Array.from({ length: count }, (_, j) => {
    const without = sets.filter((set) => !((set >> j) & 1));
    return without.reduce((sum, set) => {
      const orders = factorial(sizeOf(set)) * factorial(count - sizeOf(set) - 1);
      return sum + (orders / factorial(count)) * (values[set | (1 << j)] - values[set]);
    }, 0);
  });
  return tensor(gains, [count]);
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

  it('of coalitions by the Shapley kernel has the Shapley values of all orders (Proposition 2.5)', async () => {
    const cells = gridFeatures(x.shape, { cell: [7, 14], layout: 'chw' });
    const truth = await shapleyOfCells(cells.of, cells.count);
    const perturbation = coalitions({ sampling: 'all', features: [7, 14] });
    const { values, diagnosis } = await optimal(perturbation, { complete: true })(f, x, seed);
    // The optimum has a number for each element, of which those of a cell add up to its Shapley value.
    const sums = new Float64Array(cells.count);
    cells.of.forEach((cell, i) => {
      sums[cell] += values.data[i];
    });
    expect(diagnosis?.rank).toBe(cells.count - 1);
    expect(apart(tensor(sums, [cells.count]), truth)).toBeLessThan(1e-9);
    const attribution = {
      values,
      kind: 'global',
      method: 'optimal',
      key: seed,
      cost: { forward: 0, backward: 0 },
    } as const;
    const { estimate } = await completeness({ relative: true }).measure({ f, x, attribution }, seed);
    expect(estimate.kind === 'exact' && estimate.value).toBeLessThan(1e-12);
  });
});
