import { classifierScore, featureValues, key, linearClassifier, named, tensor, zeros } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { closedForm } from '../test/attacks.js';
import { minimumPerturbation } from './minimum-perturbation.js';

const seed = key(3);
const d = 4;
const x = tensor([0.5, -1, 2, 0.25], [d]);
/** Three classes; class 0 is predicted at x, and class 1 is the nearest other one. */
const w = [
  [1, -1, 2, 0.5],
  [0.5, 2, 1, -1],
  [-3, 1, 0, 2],
];
const b = [1, 0, 0];
const f = linearClassifier(tensor(w.flat(), [3, d]), tensor(b, [3]), { target: 0 });

const numberOf = (c: number): number => b[c] + w[c].reduce((sum, v, i) => sum + v * x.data[i], 0);

/** The moves of a projection onto the plane where two classes are equal, a margin over the square of its slope times the slope. */
function movesOf(other: number): number[] {
  const slope = w[0].map((v, i) => v - w[other][i]);
  const square = slope.reduce((sum, v) => sum + v * v, 0);
  return slope.map((v) => Math.abs((v * (numberOf(0) - numberOf(other))) / square));
}

describe('minimum-perturbation', () => {
  it('is the distance of each element to the nearest plane between classes', async () => {
    const { values, kind, details } = await minimumPerturbation(closedForm)(f, x, seed);
    movesOf(1).forEach((move, i) => {
      expect(values.data[i]).toBeCloseTo(move, 7);
    });
    expect(kind).toBe('ranking');
    expect(details?.norm).toBeCloseTo(Math.hypot(...movesOf(1)), 7);
    expect(details?.margin).toBeLessThan(0);
  });

  it('with a target is the distance to the plane of that class', async () => {
    const { values } = await minimumPerturbation(closedForm, { target: 2 })(f, x, seed);
    movesOf(2).forEach((move, i) => {
      expect(values.data[i]).toBeCloseTo(move, 7);
    });
    await expect(minimumPerturbation(closedForm, { target: 0 })(f, x, seed)).rejects.toMatchObject({
      code: 'option-value',
    });
  });

  it('gives a feature of several elements the norm of its part', async () => {
    const labels = tensor([1, 0, 1, 2], [d]);
    const found = await minimumPerturbation(closedForm, { features: labels })(f, x, seed);
    const [m0, m1, m2, m3] = movesOf(1);
    const expected = [m1, Math.hypot(m0, m2), m3];
    featureValues(found).forEach((value, j) => {
      expect(value).toBeCloseTo(expected[j], 7);
    });
  });

  it('says of a prediction that no perturbation changes that none was found', async () => {
    const flat = linearClassifier(zeros([2, d]), tensor([1, 0], [2]), { target: 0 });
    await expect(minimumPerturbation(closedForm)(flat, x, seed)).rejects.toMatchObject({
      code: 'not-applicable',
      diagnosis: { got: 'closed-form finds no perturbation up to the norm Infinity' },
    });
  });

  it('refuses an input of another class, a function without a margin, and a margin that is not a number', async () => {
    const explain = minimumPerturbation(closedForm);
    const other = await f.with?.({ target: 2 });
    await expect(explain(other ?? f, x, seed)).rejects.toMatchObject({ code: 'not-applicable' });
    const { with: _, ...bare } = f;
    await expect(explain(bare, x, seed)).rejects.toMatchObject({ code: 'not-applicable' });
    const lost = classifierScore(
      {
        shape: [d],
        count: 2,
        logits: ({ data }) => (data[0] === 0.5 ? [1, 0] : [Number.NaN, 0]),
        pullback: () => tensor([1, 0, 0, 0], [d]),
      },
      { target: 0 },
    );
    await expect(explain(lost, x, seed)).rejects.toMatchObject({ code: 'non-finite' });
  });

  it('takes each attack by its norm', async () => {
    const moves = [3, 0, -4, 1];
    const point = tensor(
      moves.map((move, i) => x.data[i] + move),
      [d],
    );
    const estimate = { kind: 'exact', value: 8 } as const;
    const attack = named(async () => [{ estimate, point, margin: -1, cost: { forward: 2, backward: 5 } }], {
      expression: 'moves',
      norm: 'l1' as const,
    });
    const features = tensor([0, 0, 0, 1], [d]);
    const { values, details, cost } = await minimumPerturbation(attack, { features })(f, x, seed);
    expect([...values.data]).toEqual([7, 7, 7, 1]);
    expect(details).toEqual({ norm: 8, margin: -1, proved: true });
    expect(cost).toEqual({ forward: 3, backward: 5 });
  });
});
