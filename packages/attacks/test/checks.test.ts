import { functionScore, key, tensor } from '@onnxplain/core';
import { expect, it } from 'vitest';
import { minimum, pgd, sqp } from '../src/index.js';
import { affineMargin, withoutClasses } from './scores.js';
import { elementSets } from './sets.js';

const both = elementSets([2], [[1, 1]]);
const x = tensor([0, 0], [1, 2]);
const w = [Float64Array.of(1, 0), Float64Array.of(0, 1), Float64Array.of(-1, -1)];

it('saturated says where the class has all the probability that float32 can tell from 1', async () => {
  const checksAt = async (lead: number) =>
    (await sqp()(affineMargin({ w, b: [lead, 0, 0] }, 0), x, both, key(0)))[0].checks;
  expect(await checksAt(3)).toMatchObject({ saturated: false, byClasses: true });
  expect(await checksAt(30)).toMatchObject({ saturated: true });
});

it('byClasses says where a score has no numbers of its classes', async () => {
  const [{ checks }] = await sqp()(withoutClasses(affineMargin({ w, b: [3, 0, 0] }, 0)), x, both, key(0));
  expect(checks).toMatchObject({ byClasses: false });
  expect(checks).not.toHaveProperty('saturated');
});

it('zeroGradients is the share of flat points: all on a plateau, none on a slope', async () => {
  const plateau = functionScore({
    shape: [2],
    value: () => 1,
    gradient: () => tensor([0, 0], [2]),
    bounds: [-1, 1],
  });
  expect((await sqp()(plateau, x, both, key(0)))[0].checks).toMatchObject({ zeroGradients: 1 });
  const slope = affineMargin({ w, b: [3, 0, 0] }, 0);
  expect((await sqp()(slope, x, both, key(0)))[0].checks).toMatchObject({ zeroGradients: 0 });
});

it('misclassified says that no perturbation is needed', async () => {
  const [{ checks, estimate }] = await minimum()(affineMargin({ w, b: [0, 3, 0] }, 0), x, both, key(0));
  expect(checks).toMatchObject({ misclassified: true });
  expect(estimate).toMatchObject({ kind: 'exact', value: 0 });
});

it('fromSubset says that the point was found for a set that it holds', async () => {
  const wall = functionScore({
    shape: [2],
    value: ({ data: [a = 0, b = 0] }) => (b === 0 && a > 0.2 ? -1 : 1 - a - b),
    gradient: () => tensor([-1, -1], [2]),
    bounds: [-1, 1],
  });
  const sets = elementSets(
    [2],
    [
      [1, 0],
      [1, 1],
    ],
  );
  const [small, large] = await sqp()(wall, x, sets, key(0));
  expect(large.checks).toMatchObject({ fromSubset: true });
  expect(large.point).toEqual(small.point);
});

it('restartGain of pgd is the share by which random starts made the norm smaller', async () => {
  const hidden = functionScore({
    shape: [2],
    value: ({ data: [a = 0, b = 0] }) => (b < -0.3 ? -1 : 0.9 - a),
    gradient: () => tensor([-1, 0], [2]),
    bounds: [-1, 1],
  });
  const [one] = await pgd({ steps: 20, step: 0.2, radius: 1 })(hidden, x, both, key(0));
  const [many] = await pgd({ steps: 20, step: 0.2, radius: 1, restarts: 20 })(hidden, x, both, key(0));
  expect(one.checks).not.toHaveProperty('restartGain');
  expect(many.checks?.restartGain).toBeGreaterThan(0.3);
});

it('decision says that minimum searched without gradients, where the score has no slope at the input', async () => {
  /** A probability of 1 in float32 near 0, as the softmax of large logits is: flat, and below 1/2 above a + b = 1. */
  const margins = (steep: number) =>
    functionScore({
      shape: [2],
      value: ({ data: [a = 0, b = 0] }) => Math.fround(Math.tanh(steep * (1 - a - b))),
      gradient: ({ data: [a = 0, b = 0] }) => {
        const t = Math.fround(Math.tanh(steep * (1 - a - b)));
        return tensor([-steep * (1 - t * t), -steep * (1 - t * t)], [2]);
      },
      bounds: [-1, 1],
    });
  const [flat] = await minimum()(margins(1000), x, both, key(0));
  expect(flat.checks).toMatchObject({ decision: true, fallback: true });
  expect('value' in flat.estimate && flat.estimate.value).toBeCloseTo(Math.SQRT1_2, 2);
  const [steep] = await minimum()(margins(1), x, both, key(0));
  expect(steep.checks).not.toHaveProperty('decision');
  expect('value' in steep.estimate && steep.estimate.value).toBeCloseTo(Math.SQRT1_2, 3);
});
