import {
  type Attack,
  functionScore,
  key,
  meter,
  norm,
  row,
  type Score,
  stream,
  subtract,
  tensor,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { attacks } from '../src/index.js';
import { affineMargin, inPieces, predictedMargin, reluNet, withoutClasses } from './scores.js';
import { elementSets, pickSets } from './sets.js';

const d = 6;
const random = stream(key(11));
const numbers = (n: number, scale = 1) => Float64Array.from({ length: n }, () => scale * random.normal());
const layer = (outputs: number, inputs: number) => ({
  w: Array.from({ length: outputs }, () => numbers(inputs, 1 / Math.sqrt(inputs))),
  b: [...numbers(outputs, 0.2)],
});
const x = Float64Array.from({ length: d }, () => 0.2 + 0.6 * random.uniform());
const net = reluNet(layer(12, d), layer(3, 12), [0, 1]);
const margin = predictedMargin(net, x);
const marks = [
  [1, 1, 1, 1, 1, 1],
  [1, 1, 1, 0, 0, 0],
  [0, 0, 0, 1, 1, 1],
  [1, 0, 1, 0, 1, 0],
];
const sets = elementSets([d], marks);
const seed = key(5);
const inputs = tensor(x, [1, d]);

const run = (attack: Attack, f: Score = margin, free = sets) => attack(f, inputs, free, seed);

for (const { name, make, example } of Object.values(attacks)) {
  const attack = make(example);
  describe(name, () => {
    it('gives the same bits for the same key', async () => {
      expect(await run(attack)).toEqual(await run(attack));
    });

    it('finds the same for sets that are not nested, however they are split into calls', async () => {
      const apart = [1, 2, 3];
      const together = await run(attack, margin, pickSets(sets, apart));
      for (const [i, set] of apart.entries()) {
        const [alone] = await run(attack, margin, pickSets(sets, [set]));
        expect(alone.estimate).toMatchObject({ ...together[i].estimate, n: alone.estimate.n });
        expect(alone.point).toEqual(together[i].point);
      }
    });

    it('does not depend on how the score batches', async () => {
      const whole = await run(attack, withoutClasses(margin));
      expect(await run(attack, inPieces(margin, 1))).toEqual(whole);
      expect(await run(attack, inPieces(margin, 3))).toEqual(whole);
    });

    it('counts the rows that it evaluates', async () => {
      const metered = meter(margin);
      const found = await run(attack, metered.score);
      const { forward, backward } = metered.cost();
      expect(found.reduce((sum, { cost }) => sum + cost.forward, 0)).toBe(forward);
      expect(found.reduce((sum, { cost }) => sum + cost.backward, 0)).toBe(backward);
    });

    it('leaves anchored elements and the bounds alone, and proves each norm by its point', async () => {
      const found = await run(attack);
      expect(found.filter(({ point }) => point !== undefined).length).toBeGreaterThan(0);
      for (const [set, { point, estimate, margin: proved }] of found.entries()) {
        if (point === undefined) continue;
        point.data.forEach((v, j) => {
          if (marks[set][j] === 0) expect(v).toBe(x[j]);
          expect(v).toBeGreaterThanOrEqual(0);
          expect(v).toBeLessThanOrEqual(1);
        });
        expect(proved).toBeLessThan(0);
        expect(proved).toBe((await margin.value(tensor(point.data, [1, d])))[0]);
        expect(estimate).toMatchObject({
          kind: 'bound',
          value: norm(subtract(point, row(inputs, 0)), attack.norm),
        });
      }
    });

    it('finds no more for a set than for one that it holds', async () => {
      const [all, ...parts] = await run(attack);
      for (const { estimate } of parts) {
        if (!('value' in estimate)) continue;
        expect('value' in all.estimate && all.estimate.value).toBeLessThanOrEqual(estimate.value);
      }
    });

    it('needs no perturbation where the margin is below 0 already, and has none without free features', async () => {
      const target = [0, 1, 2].find((k) => affineMarginOf(k) < 0) ?? 0;
      const [wrong] = await run(attack, { ...affine(target) });
      expect(wrong.estimate).toMatchObject({ kind: 'exact', value: 0 });
      expect(wrong.checks).toMatchObject({ misclassified: true });
      const [none] = await run(attack, margin, elementSets([d], [[0, 0, 0, 0, 0, 0]]));
      expect(none.estimate).toMatchObject({ kind: 'censored', above: Number.POSITIVE_INFINITY });
    });

    it('says that a score is not the same twice', async () => {
      let calls = 0;
      const noisy: Score = {
        ...withoutClasses(margin),
        value: async (b) => (await margin.value(b)).map((v) => v + 1e-6 * (calls++ % 2)),
      };
      const [{ checks }] = await run(attack, noisy);
      expect(checks).toMatchObject({ deterministic: false });
      expect((await run(attack))[0].checks).toMatchObject({ deterministic: true });
    });

    it('takes float32 inputs, keeps their anchored elements bit for bit and float32 bounds', async () => {
      const single = tensor(Float32Array.from(x), [1, d]);
      const found = await attack({ ...margin, bounds: [0.1, 0.9] }, single, sets, seed);
      found.forEach(({ point }, set) => {
        expect(point === undefined || point.data instanceof Float32Array).toBe(true);
        point?.data.forEach((v, j) => {
          if (marks[set][j] === 0) expect(v).toBe(single.data[j]);
        });
      });
    });

    it.each([Number.NaN, Number.NEGATIVE_INFINITY])(
      'takes no margin of %d for a proof, and goes on where it is one',
      async (bad) => {
        const broken = (holds: (v: ArrayLike<number>) => boolean) =>
          functionScore({
            shape: [d],
            value: ({ data }) => (holds(data) ? bad : 1 + data[0] - x[0]),
            gradient: () => tensor([1, ...new Float64Array(d - 1)], [d]),
            bounds: [0, 1],
          });
        const [none] = await run(
          attack,
          broken((v) => v[0] < x[0] - 0.1),
        );
        expect(none.estimate.kind).toBe('censored');
        const beyond: Score = {
          ...withoutClasses(margin),
          value: async (batch) =>
            (await margin.value(batch)).map((v, i) => (batch.data[i * d] === x[0] ? v : bad)),
        };
        const [first, , without] = await run(attack, beyond);
        const [, , wanted] = await run(attack, withoutClasses(margin));
        expect(without.point).toEqual(wanted.point);
        expect(first.point === undefined || first.point.data[0] === x[0]).toBe(true);
      },
    );

    it('says where nothing can be found: a score that is the same everywhere', async () => {
      const flat = functionScore({
        shape: [d],
        value: () => 1,
        gradient: () => tensor(new Float64Array(d), [d]),
        bounds: [0, 1],
      });
      const [{ estimate, checks }] = await run(attack, flat);
      expect(estimate.kind).toBe('censored');
      if (checks?.zeroGradients !== undefined) expect(checks.zeroGradients).toBe(1);
    });
  });
}

const weights = layer(3, d);
const affine = (target: number) => affineMargin(weights, target, [0, 1]);
const affineMarginOf = (k: number) => {
  const logits = weights.w.map((each, i) => each.reduce((sum, v, j) => sum + v * x[j], weights.b[i]));
  return logits[k] - Math.max(...logits.filter((_, i) => i !== k));
};

it('numbers of steps, starts and draws that would never end are refused, with the greatest that is allowed', () => {
  const { minimum, pgd, decision } = attacks;
  for (const [make, most] of [
    [() => minimum.make({ steps: 1e9 }), 10_000],
    [() => pgd.make({ restarts: 1e6 }), 1000],
    [() => decision.make({ draws: 1e9 }), 100_000],
  ] as const)
    expect(make).toThrow(`at most ${most}`);
});

describe('the table of attacks', () => {
  it('has each row under its own name, and refuses unknown options', () => {
    for (const [name, each] of Object.entries(attacks)) {
      expect(each.name).toBe(name);
      expect(() => each.make({ bogus: 1 })).toThrow(expect.objectContaining({ code: 'option-unknown' }));
    }
  });
});
