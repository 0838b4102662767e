import {
  type Attack,
  type Attribution,
  featureValues,
  fold,
  full,
  type Key,
  key,
  linearClassifier,
  linearScore,
  named,
  type Tensor,
  tensor,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { alongGradient, closedForm } from '../../test/attacks.js';
import { normalsOf } from '../../test/normals.js';
import { greedy } from './greedy.js';
import { greedyAs } from './greedy-as.js';
import { oneStepBanzhaf } from './one-step-banzhaf.js';
import { robustnessAt } from './robustness.js';
import { endsOf } from './steps.js';
import { subsetsOf } from './subsets.js';

const seed = key(11);
const d = 7;
const x = zeros([d]);
/** Two classes, whose margin at x is 2 and has this slope. */
const slope = [0.5, -3, 0.1, 2, 1, -0.2, 1.5];
const f = linearClassifier(tensor([...slope, ...zeros([d]).data], [2, d]), tensor([2, 0], [2]), {
  target: 0,
});
const importance = slope.map(Math.abs);
const byImportance = [...importance.keys()].sort((a, b) => importance[b] - importance[a]);

type Criterion = 'complement' | 'set';
const criteria = ['complement', 'set'] as const;

/** Distance to the plane by moves of some features alone, from the formula; Infinity where they have no slope. */
const distance = (moved: readonly number[]): number =>
  2 / Math.sqrt(moved.reduce((sum, j) => sum + slope[j] ** 2, 0));

const memberOf = (set: number) => slope.flatMap((_, j) => ((set >> j) & 1 ? [j] : []));

/** The importance of all 2^d sets that hold `chosen`; where no move is possible, the greatest distance of the others. */
function importancesOf(criterion: Criterion, chosen = 0): ReadonlyMap<number, number> {
  const sets = Array.from({ length: 2 ** d }, (_, set) => set).filter((set) => (set & chosen) === chosen);
  const norms = sets.map((set) => distance(memberOf(criterion === 'set' ? set : 2 ** d - 1 - set)));
  const greatest = Math.max(...norms.filter(Number.isFinite));
  const sign = criterion === 'set' ? -1 : 1;
  return new Map(sets.map((set, i) => [set, sign * (Number.isFinite(norms[i]) ? norms[i] : greatest)]));
}

/** The mean rise of the importance as feature j joins a set, over all sets that hold `chosen` and not j. */
function banzhaf(criterion: Criterion, j: number, chosen = 0): number {
  const all = importancesOf(criterion, chosen);
  const without = [...all].filter(([set]) => ((set >> j) & 1) === 0);
  return (
    without.reduce((sum, [set, value]) => sum + (all.get(set | (1 << j)) ?? Number.NaN) - value, 0) /
    without.length
  );
}

/** Features in the order of their values. */
const orderOf = ({ data }: Tensor) => [...data.keys()].sort((a, b) => data[b] - data[a]);

describe.each(criteria)('one-step-banzhaf with criterion %s', (criterion) => {
  it('equals the mean rise over all sets where all fit, and has no standard error', async () => {
    const { values, stderr, kind } = await oneStepBanzhaf(closedForm, { criterion })(f, x, seed);
    for (let j = 0; j < d; j++) expect(values.data[j]).toBeCloseTo(banzhaf(criterion, j), 6);
    expect(stderr).toBeUndefined();
    expect(kind).toBe('ranking');
  });

  it('has standard errors of the size of its spread over keys where it samples', async () => {
    const runs: Attribution[] = [];
    for (let i = 0; i < 100; i++) {
      const explain = oneStepBanzhaf(closedForm, { criterion, subsets: 100 });
      runs.push(await explain(f, x, fold(seed, i)));
    }
    const ratios = slope.map((_, j) => {
      const values = runs.map((run) => run.values.data[j]);
      const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
      const variance = values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / (values.length - 1);
      const claimed = runs.reduce((sum, { stderr }) => sum + (stderr?.data[j] ?? 0) ** 2, 0) / runs.length;
      return claimed / variance;
    });
    const ratio = ratios.reduce((sum, v) => sum + v, 0) / ratios.length;
    expect(ratio).toBeGreaterThan(0.7);
    expect(ratio).toBeLessThan(1.5);
  });
});

it('one-step-banzhaf over all sets has the same values for both criteria, because complements swap them', async () => {
  const [kept, moved] = [
    await oneStepBanzhaf(closedForm)(f, x, seed),
    await oneStepBanzhaf(closedForm, { criterion: 'set' })(f, x, seed),
  ];
  for (let j = 0; j < d; j++) expect(kept.values.data[j]).toBeCloseTo(moved.values.data[j], 9);
});

describe.each(criteria)('greedy with criterion %s', (criterion) => {
  it('chooses the set that exhaustive search finds, at every size', async () => {
    const all = [...importancesOf(criterion)];
    const { values } = await greedy(closedForm, { criterion, step: 1 / d, stop: 1 })(f, x, seed);
    for (let size = 1; size < d; size++) {
      const sets = all.filter(([set]) => memberOf(set).length === size);
      const [best] = sets.reduce((most, each) => (each[1] > most[1] ? each : most));
      expect(orderOf(values).slice(0, size).sort()).toEqual(memberOf(best));
    }
  });
});

describe.each(criteria)('greedy-as with criterion %s', (criterion) => {
  it('chooses in each step the features of the largest mean rise over the sets that hold the chosen ones', async () => {
    const { values } = await greedyAs(closedForm, { criterion, step: 2 / d, stop: 6 / d })(f, x, seed);
    let chosen = 0;
    const order: number[] = [];
    while (order.length < 6) {
      const open = slope.flatMap((_, j) => ((chosen >> j) & 1 ? [] : [j]));
      const rises = new Map(open.map((j) => [j, banzhaf(criterion, j, chosen)]));
      const next = open.sort((a, b) => (rises.get(b) ?? 0) - (rises.get(a) ?? 0)).slice(0, 2);
      for (const j of next) chosen |= 1 << j;
      order.push(...next);
    }
    expect(orderOf(values).slice(0, 6)).toEqual(order);
  });
});

/** Solves normal equations by elimination. */
function leastSquares(rows: readonly (readonly number[])[], targets: readonly number[]): number[] {
  const k = rows[0].length;
  const system = Array.from({ length: k }, (_, a) => [
    ...Array.from({ length: k }, (_, b) => rows.reduce((sum, row) => sum + row[a] * row[b], 0)),
    rows.reduce((sum, row, i) => sum + row[a] * targets[i], 0),
  ]);
  for (let a = 0; a < k; a++)
    for (let b = 0; b < k; b++) {
      if (a === b) continue;
      const factor = system[b][a] / system[a][a];
      system[b] = system[b].map((v, c) => v - factor * system[a][c]);
    }
  return system.map((row, a) => row[k] / row[a]);
}

describe("the authors' variant", () => {
  it('of greedy-as fits subsets of a fifth without intercept at first, with a shared one later, and ties each step', async () => {
    const explain = greedyAs(closedForm, { preset: 'paper-code', subsets: 90, step: 2 / d, stop: 4 / d });
    const { values, stderr } = await explain(f, x, seed);
    const chosen = new Uint8Array(d);
    const steps: number[][] = [];
    for (const step of [0, 1]) {
      const own = fold(fold(seed, 'greedy-as'), step);
      const sampling = { subsets: 90, preset: 'paper-code', share: 0.2 } as const;
      const { members } = subsetsOf(chosen, sampling, fold(own, 'subsets'));
      const open = slope.flatMap((_, j) => (chosen[j] ? [] : [j]));
      const sets = Array.from({ length: 90 }, (_, i) => members.subarray(i * d, (i + 1) * d));
      const rows = sets.map((set) => [...open.map((j) => set[j]), ...(step === 0 ? [] : [1])]);
      const targets = sets.map((set) => distance(slope.flatMap((_, j) => (set[j] ? [] : [j]))));
      const fitted = leastSquares(rows, targets);
      const next = [...open.keys()].sort((a, b) => fitted[b] - fitted[a]).slice(0, 2);
      steps.push(next.map((at) => open[at]));
      for (const at of next) chosen[open[at]] = 1;
    }
    const truth = slope.map((_, j) => (steps[0].includes(j) ? 2 : steps[1].includes(j) ? 1 : 0));
    expect([...values.data]).toEqual(truth);
    expect(stderr).toBeUndefined();
  });

  it('of one-step-banzhaf draws each feature with probability a half, not in pairs', () => {
    const sampling = { subsets: 2000, preset: 'paper-code', share: 0.5 } as const;
    const { members, count } = subsetsOf(new Uint8Array(20), sampling, seed);
    expect(count).toBe(2000);
    expect(members.reduce((sum, v) => sum + v, 0) / members.length).toBeCloseTo(0.5, 1);
    const complements = (i: number) =>
      Array.from({ length: 20 }, (_, j) => members[i * 20 + j] + members[(i + 1) * 20 + j]);
    expect(complements(0)).not.toEqual(Array(20).fill(1));
  });
});

describe('subsets', () => {
  it('come in pairs of complements, apart from the chosen features, which all hold', () => {
    const chosen = Uint8Array.from({ length: 20 }, (_, j) => (j % 5 === 0 ? 1 : 0));
    const sampling = { subsets: 41, preset: 'paper', share: 0.5 } as const;
    const { members, count } = subsetsOf(chosen, sampling, seed);
    expect(count).toBe(40);
    for (let i = 0; i < count; i += 2)
      for (let j = 0; j < 20; j++)
        expect(members[i * 20 + j] + members[(i + 1) * 20 + j]).toBe(chosen[j] === 1 ? 2 : 1);
  });
});

describe('the steps', () => {
  it('end at the fractions of the features, each with one feature at least', () => {
    expect(endsOf(100, { step: 0.05, stop: 0.2 })).toEqual([5, 10, 15, 20]);
    expect(endsOf(784, { step: 0.05, stop: 0.2 })).toEqual([39, 78, 117, 156]);
    expect(endsOf(10, { step: 0.05, stop: 0.3 })).toEqual([1, 2, 3]);
    expect(endsOf(3, { step: 0.05, stop: 0.1 })).toEqual([1]);
    expect(endsOf(10, { step: 0.4, stop: 1 })).toEqual([4, 8, 10]);
  });

  it('stop at the fraction', async () => {
    const explain = greedy(closedForm, { preset: 'paper-code', step: 1 / d, stop: 3 / d });
    const { values } = await explain(f, x, seed);
    expect(orderOf(values).slice(0, 3)).toEqual(byImportance.slice(0, 3));
    expect([...values.data].filter((value) => value > 0)).toHaveLength(3);
  });

  it('put every feature above those of later steps, and the ones never chosen last', async () => {
    const w = normalsOf(seed)('w', [2, 24]);
    const straight = linearClassifier(w, tensor([2, 0], [2]), { target: 0 });
    const few = { subsets: 60, step: 0.125 };
    const [short, long] = [
      await greedyAs(closedForm, { ...few, stop: 0.25 })(straight, zeros([24]), seed),
      await greedyAs(closedForm, { ...few, stop: 0.5 })(straight, zeros([24]), seed),
    ];
    expect(orderOf(long.values).slice(0, 6)).toEqual(orderOf(short.values).slice(0, 6));
    expect(new Set(long.values.data).size).toBe(24);
    expect(long.stderr?.data.every((error) => error > 0)).toBe(true);
  });
});

describe('the attack', () => {
  /** Notes for every call how many sets it has and how many starts. */
  const watched = (calls: [sets: number, starts: number][]): Attack =>
    named(
      (...[margin, inputs, free, own]: Parameters<Attack>) => {
        calls.push([free.input.length, free.starts?.shape[0] ?? 0]);
        return closedForm(margin, inputs, free, own);
      },
      { expression: 'watched', norm: 'l2' as const },
    );

  it('gets all sets of a step in one call, after one call for their union, and starts at the nearest point known', async () => {
    const calls: [number, number][] = [];
    await greedyAs(watched(calls), { step: 2 / d, stop: 4 / d })(f, x, seed);
    expect(calls).toEqual([
      [1, 0],
      [2 ** d, 2 ** d],
      [1, 1],
      [2 ** (d - 2), 2 ** (d - 2)],
    ]);
  });

  it('gets the same pilots for two keys, whose other sets differ', async () => {
    const wide = linearClassifier(normalsOf(seed)('w', [2, 12]), tensor([9, 0], [2]), { target: 0 });
    const setsOf = async (own: Key) => {
      const sets: Uint8Array[] = [];
      const attack: Attack = named(
        (...[margin, inputs, free, to]: Parameters<Attack>) => {
          sets.push(free.free);
          return closedForm(margin, inputs, free, to);
        },
        { expression: 'kept', norm: 'l2' as const },
      );
      await greedyAs(attack, { subsets: 1000, step: 0.25, stop: 0.25 })(wide, zeros([12]), own);
      return sets;
    };
    const [one, other] = [await setsOf(fold(seed, 1)), await setsOf(fold(seed, 2))];
    expect(one.map(({ length }) => length / 12)).toEqual([1, 10, 10, 10, 10, 1000]);
    for (let call = 0; call < 5; call++) expect(one[call]).toEqual(other[call]);
    expect(one[5]).not.toEqual(other[5]);
  });

  it('that searched without gradients is told in the details, and others are not', async () => {
    const flat: Attack = named(
      async (...given: Parameters<Attack>) =>
        (await closedForm(...given)).map((each) => ({ ...each, checks: { decision: true } })),
      { expression: 'flat', norm: 'l2' as const },
    );
    const options = { step: 2 / d, stop: 4 / d };
    for (const [explain, sets] of [
      [greedyAs, 2 ** d + 2 ** (d - 2)],
      [greedy, d + d - 2],
    ] as const) {
      expect((await explain(flat, options)(f, x, seed)).details).toEqual({ decision: sets });
      expect((await explain(closedForm, options)(f, x, seed)).details).toBeUndefined();
    }
  });

  it('is not called where there are too few subsets for the regression', async () => {
    const calls: [number, number][] = [];
    for (const subsets of [1, 10]) {
      await expect(oneStepBanzhaf(watched(calls), { subsets })(f, x, seed)).rejects.toMatchObject({
        code: 'option-value',
        diagnosis: {
          expected: `at least ${2 * (d + 3)} subsets for ${d} features`,
          got: `${2 * Math.floor(subsets / 2)}`,
        },
      });
    }
    expect(calls).toEqual([]);
  });

  it("gets no starts and no other call in the authors' variant", async () => {
    const calls: [number, number][] = [];
    await oneStepBanzhaf(watched(calls), { preset: 'paper-code', subsets: 50 })(f, x, seed);
    expect(calls).toEqual([[50, 0]]);
  });

  it("that finds nothing counts as the greatest norm found, or as the norm of the input in the authors' variant", async () => {
    const at = full([d], 2);
    const high = linearClassifier(tensor([...slope, ...zeros([d]).data], [2, d]), tensor([9, 0], [2]), {
      target: 0,
    });
    const sets = Uint8Array.from([...Array(d).fill(0), ...Array(d).fill(1), 1, ...Array(d - 1).fill(0)]);
    const settings = { attack: closedForm, criterion: 'set', features: 'elements' } as const;
    for (const preset of ['paper', 'paper-code'] as const) {
      const robustness = await robustnessAt('test', { f: high, x: at }, { ...settings, preset });
      const { values, found } = await robustness.importances(sets, seed);
      const margin = 9 + 2 * slope.reduce((sum, v) => sum + v, 0);
      expect(found).toBe(2);
      expect(values[2]).toBeCloseTo(-margin / slope[0], 6);
      expect(values[0]).toBeCloseTo(preset === 'paper' ? values[2] : -2 * Math.sqrt(d), 6);
    }
  });
});

it('steps go on where the chosen features leave no way to change the prediction', async () => {
  const two = slope.map((v, j) => (j === 1 || j === 3 ? v : 0));
  const decided = linearClassifier(tensor([...two, ...zeros([d]).data], [2, d]), tensor([2, 0], [2]), {
    target: 0,
  });
  for (const explain of [
    greedy(closedForm, { step: 1 / d, stop: 1 }),
    greedyAs(closedForm, { step: 1 / d, stop: 1 }),
  ]) {
    const { values } = await explain(decided, x, seed);
    expect(orderOf(values)[0]).toBe(1);
  }
});

describe('a target', () => {
  /** Classes 0, 1 and 2: the first two features make it class 1, the last two class 2, which is nearer. */
  const three = linearClassifier(
    tensor([0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 2, 1], [3, 4]),
    tensor([3, 0, 2.5], [3]),
    { target: 0 },
  );
  const top = async (target?: number) =>
    orderOf((await oneStepBanzhaf(alongGradient, { target })(three, zeros([4]), seed)).values).slice(0, 2);

  it('makes it explain why not that class, and without one why not the nearest', async () => {
    expect(await top()).toEqual([2, 3]);
    expect(await top(1)).toEqual([0, 1]);
  });

  it('that is the class of the score is refused', async () => {
    await expect(top(0)).rejects.toMatchObject({ code: 'option-value' });
  });
});

describe('refused are', () => {
  it('functions without a margin', async () => {
    await expect(greedy(closedForm)(linearScore(full([d], 1), 1), x, seed)).rejects.toMatchObject({
      code: 'not-applicable',
    });
  });

  it('inputs that the class of the score is not predicted for', async () => {
    const other = linearClassifier(tensor([...slope, ...zeros([d]).data], [2, d]), tensor([0, 2], [2]), {
      target: 0,
    });
    await expect(greedy(closedForm)(other, x, seed)).rejects.toMatchObject({ code: 'not-applicable' });
  });

  it('scores that the attack changes for no set', async () => {
    const still = linearClassifier(zeros([2, d]), tensor([2, 0], [2]), { target: 0 });
    for (const explain of [greedy(closedForm), greedyAs(closedForm), oneStepBanzhaf(alongGradient)])
      await expect(explain(still, x, seed)).rejects.toMatchObject({ code: 'not-applicable' });
  });

  it('fewer subsets than the regression has unknowns', async () => {
    for (const preset of ['paper', 'paper-code'] as const)
      await expect(oneStepBanzhaf(closedForm, { subsets: 8, preset })(f, x, seed)).rejects.toMatchObject({
        code: 'option-value',
      });
  });
});

it('elements of one feature have one number', async () => {
  const features = tensor([0, 0, 1, 1, 2, 2, 3], [d]);
  const found = await oneStepBanzhaf(closedForm, { features })(f, x, seed);
  expect(found.features?.count).toBe(4);
  expect(featureValues(found)).toHaveLength(4);
  expect(found.values.data[0]).toBe(found.values.data[1]);
});
