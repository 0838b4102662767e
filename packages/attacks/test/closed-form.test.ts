import { key, linearScore, type Norm, type Score, stream, targetedMargin, tensor } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { minimum, sqp } from '../src/index.js';
import { leastNorm, leastNormOfBoth } from './closed-form.js';
import { affineMargin } from './scores.js';
import { elementSets } from './sets.js';

const norms: readonly Norm[] = ['l1', 'l2', 'linf'];
const d = 7;
const bounds: readonly [number, number] = [0, 1];
const marks = [
  [1, 1, 1, 1, 1, 1, 1],
  [1, 1, 1, 0, 0, 0, 0],
  [0, 0, 0, 1, 1, 1, 1],
  [0, 1, 0, 1, 0, 1, 0],
  [0, 0, 0, 0, 0, 1, 1],
  [0, 0, 1, 0, 0, 0, 0],
];
const attacks = {
  sqp: (norm: Norm) => sqp({ norm, steps: 20 }),
  minimum: (norm: Norm) => minimum({ norm, steps: 20 }),
};

/** Random weights and an input in [0, 1], with a margin above 0. */
function problem(seed: number, classes: number) {
  const random = stream(key(seed));
  const x = Float64Array.from({ length: d }, () => random.uniform());
  const w = Array.from({ length: classes }, () => Float64Array.from({ length: d }, () => random.normal()));
  const b = w.map(() => 0.3 * random.normal());
  const logits = w.map((row, k) => row.reduce((sum, v, j) => sum + v * x[j], b[k]));
  return { x, w, b, logits };
}

async function expectNorms(norm: Norm, score: Score, { x, truth }: { x: Float64Array; truth: number[] }) {
  for (const [name, attack] of Object.entries(attacks)) {
    const found = await attack(norm)(score, tensor(x, [1, d]), elementSets([d], marks), key(0));
    found.forEach(({ estimate }, set) => {
      const where = `${name}, set ${set}`;
      if (truth[set] === Number.POSITIVE_INFINITY) expect(estimate.kind, where).toBe('censored');
      else {
        const value = 'value' in estimate ? estimate.value : Number.NaN;
        expect(value / truth[set], where).toBeGreaterThan(1 - 1e-9);
        expect(value / truth[set], where).toBeLessThan(1 + 1e-3);
      }
    });
  }
}

describe.each(norms)('the %s norm of a perturbation', (norm) => {
  it.each<[string, readonly [number, number]]>([
    ['without bounds', [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]],
    ['in a box whose sides stop some elements', [0, 1]],
  ])('of a linear score is the closed form for every set, %s', async (_, bounds) => {
    for (let seed = 0; seed < 12; seed++) {
      const { x, w } = problem(seed, 1);
      const b = 0.6 - Array.from(x, (v, j) => v * w[0][j]).reduce((sum, v) => sum + v, 0);
      const truth = marks.map((free) => leastNorm({ w: w[0], b, x, free, bounds, norm }));
      await expectNorms(norm, { ...linearScore(tensor(w[0], [d]), b), bounds }, { x, truth });
    }
  });

  it('of an affine classifier is the least over the other classes', async () => {
    for (let seed = 100; seed < 112; seed++) {
      const { x, w, b, logits } = problem(seed, 4);
      const target = logits.indexOf(Math.max(...logits));
      const truth = marks.map((free) => {
        const to = (k: number) =>
          leastNorm({ w: w[target].map((v, j) => v - w[k][j]), b: b[target] - b[k], x, free, bounds, norm });
        return Math.min(...[0, 1, 2, 3].filter((k) => k !== target).map(to));
      });
      await expectNorms(norm, affineMargin({ w, b }, target, bounds), { x, truth });
    }
  });

  it('of a targeted attack on two classes is the closed form of their difference', async () => {
    for (let seed = 200; seed < 212; seed++) {
      const { x, w, b, logits } = problem(seed, 2);
      const [from, to] = logits[0] > logits[1] ? [0, 1] : [1, 0];
      const slope = w[from].map((v, j) => v - w[to][j]);
      const truth = marks.map((free) => leastNorm({ w: slope, b: b[from] - b[to], x, free, bounds, norm }));
      await expectNorms(norm, targetedMargin(affineMargin({ w, b }, to, bounds)), { x, truth });
    }
  });

  it('of a targeted attack on three classes is the distance to where both others lose', async () => {
    for (let seed = 300; seed < 312; seed++) {
      const { x, w, b, logits } = problem(seed, 3);
      const to = logits.indexOf(Math.min(...logits));
      const others = [0, 1, 2].filter((k) => k !== to);
      const slopes = others.map((k) => w[k].map((v, j) => v - w[to][j]));
      const offsets = others.map((k) => b[k] - b[to]);
      const truth = marks.map((free) => leastNormOfBoth({ w: slopes, b: offsets, x, free, bounds, norm }));
      await expectNorms(norm, targetedMargin(affineMargin({ w, b }, to, bounds)), { x, truth });
    }
  });
});
