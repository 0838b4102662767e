import { describe, expect, it } from 'vitest';
import { elementFeatures, gridFeatures } from '../features/partitions.js';
import { option } from '../options.js';
import { key } from '../random/key.js';
import { linearScore } from '../score/exact.js';
import { type Norm, norm } from '../tensor/norm.js';
import { row } from '../tensor/rows.js';
import { type Tensor, tensor } from '../tensor/tensor.js';
import type { FreeSets } from '../types/attack.js';
import type { Features } from '../types/attribution.js';
import type { Score } from '../types/score.js';
import { defineAttack } from './attack.js';
import type { Found } from './attack-proof.js';

const w = tensor([3, -4, 0, 1], [2, 2]);
const inputs = tensor([1, 0, 5, 1, 2, 1, 1, 1], [2, 2, 2]);
const f = linearScore(w, 1);
const cost = { forward: 1, backward: 1 };

/**
 * The smallest step that makes w·x + b negative for a linear score and the norm l2: along w, of the free elements only, and a
 * little more than onto the plane.
 */
const closedForm = defineAttack({
  name: 'closed-form',
  summary: 'The closed form for linear scores.',
  options: { overshoot: option.number().default(1e-9) },
  make: ({ overshoot }) => ({
    norm: 'l2',
    async search(margin, at, free) {
      const slopes = await margin.gradient(at);
      const values = await margin.value(at);
      return Promise.all(
        [...free.input].map(async (input, set): Promise<Found> => {
          const slope = Float64Array.from(row(slopes, input).data, (v, i) => v * markOf(free, set, i));
          const square = slope.reduce((sum, v) => sum + v * v, 0);
          if (square === 0) return { above: Number.POSITIVE_INFINITY, n: 1, cost };
          const factor = (values[input] * (1 + overshoot)) / square;
          const point = tensor(
            row(at, input).data.map((v, i) => v - factor * slope[i]),
            margin.shape,
          );
          return { point, n: 2, cost, checks: { zeroGradients: 0 } };
        }),
      );
    },
  }),
});

const markOf = ({ free, features }: FreeSets, set: number, element: number): number =>
  free[set * features.count + features.of[element]];

function setsOf(
  features: Features,
  sets: readonly (readonly [input: number, marks: readonly number[]])[],
): FreeSets {
  return {
    features,
    free: Uint8Array.from(sets.flatMap(([, marks]) => marks)),
    input: Int32Array.from(sets.map(([input]) => input)),
  };
}

/** Tells what a search says without a look at it. */
const claiming = (found: Partial<Found>, kind: Norm = 'l2') =>
  defineAttack({
    name: 'claiming',
    summary: 'Claims what it is told to.',
    options: {},
    make: () => ({ norm: kind, search: async () => [{ n: 1, cost, ...found }] }),
  })();

const everything = setsOf(elementFeatures([2, 2]), [[0, [1, 1, 1, 1]]]);
const nothing = setsOf(elementFeatures([2, 2]), [[0, [0, 0, 0, 0]]]);
const attack = (
  found: Partial<Found>,
  { free = everything, score = f }: { free?: FreeSets; score?: Score } = {},
) => claiming(found)(score, inputs, free, key(0));

describe('a defined attack', () => {
  it('answers for several sets of several inputs in one call, with the points that prove the numbers', async () => {
    const sets = [
      [0, [1, 1, 1, 1]],
      [1, [0, 1, 0, 0]],
      [0, [0, 0, 1, 0]],
      [1, [0, 0, 0, 1]],
    ] as const;
    const found = await closedForm()(f, inputs, setsOf(elementFeatures([2, 2]), sets), key(0));
    // w·x + 1 is 5 and 4; the lengths of w on the sets are √26, 4, 0 and 1.
    const truth = [5 / Math.sqrt(26), 4 / 4, undefined, 4 / 1];
    found.forEach(({ estimate, point, margin }, set) => {
      if (truth[set] === undefined) {
        expect(estimate).toEqual({ kind: 'censored', above: Number.POSITIVE_INFINITY, n: 1 });
        expect(point).toBeUndefined();
        return;
      }
      expect(estimate).toMatchObject({ kind: 'bound', side: 'upper', n: 2 });
      expect('value' in estimate && estimate.value).toBeCloseTo(truth[set], 6);
      expect(margin).toBeLessThan(0);
    });
    expect(found[0].cost).toEqual({ forward: 2, backward: 1 });
    expect(found[2].cost).toEqual(cost);
  });

  it('takes sets over any partition of the elements', async () => {
    const columns = gridFeatures([2, 2], { layout: 'chw', cell: [2, 1] });
    const [{ estimate }] = await closedForm()(f, inputs, setsOf(columns, [[0, [0, 1]]]), key(0));
    expect('value' in estimate && estimate.value).toBeCloseTo(5 / norm(tensor([-4, 1], [2]), 'l2'), 6);
  });

  it('is known by its expression and its norm', () => {
    expect(closedForm().expression).toBe('closed-form');
    const { expression, norm: kind } = closedForm({ overshoot: 0.5 });
    expect([expression, kind]).toEqual(['closed-form(overshoot=0.5)', 'l2']);
  });

  it.each<[string, Partial<Found>, FreeSets]>([
    ['a point at which the margin is not below 0', { point: row(inputs, 0) }, everything],
    ['a point that moved an anchored element', { point: tensor([-9, 0, 5, 1], [2, 2]) }, nothing],
    ['neither a point nor a limit', {}, everything],
  ])('refuses %s', async (_, found, free) => {
    await expect(attack(found, { free })).rejects.toMatchObject({ code: 'attack-unproven' });
  });

  it('refuses a point outside the bounds of the score', async () => {
    const score = { ...f, bounds: [0, 5] as const };
    const point = tensor([-9, 0, 5, 1], [2, 2]);
    await expect(attack({ point }, { score })).rejects.toMatchObject({ code: 'attack-unproven' });
    const [{ estimate }] = await attack({ point });
    expect(estimate).toMatchObject({ kind: 'bound', value: 10 });
  });

  it('says that a margin is not a number', async () => {
    const broken: Score = { ...f, value: async () => Float64Array.of(Number.NaN) };
    const [{ estimate }] = await attack({ point: row(inputs, 1) }, { score: broken });
    expect(estimate).toMatchObject({ kind: 'invalid', n: 1 });
  });

  it('measures in its own norm, and passes on that a number is exact', async () => {
    const point = tensor([-3, 4, 5, 1], [2, 2]);
    const exact = claiming({ point, exact: true }, 'l1');
    const [{ estimate }] = await exact(f, inputs, everything, key(0));
    expect(estimate).toEqual({ kind: 'exact', value: 8, n: 1 });
  });

  it.each<[string, Partial<FreeSets>, Tensor]>([
    ['features of another number of elements', { features: elementFeatures([3]) }, inputs],
    ['marks that are too few', { free: new Uint8Array(3) }, inputs],
    ['a set of an input that is not there', { input: Int32Array.of(2) }, inputs],
    ['starts of another shape', { starts: tensor([1], [1]) }, inputs],
    ['inputs of another shape', {}, tensor([1, 2], [1, 2])],
  ])('refuses %s', async (_, change, at) => {
    await expect(closedForm()(f, at, { ...everything, ...change }, key(0))).rejects.toMatchObject({
      code: 'tensor-shape',
    });
  });
});
