import { ddn, pgd, sqp } from '@onnxplain/attacks';
import {
  type Attack,
  type Attribution,
  key,
  linearClassifier,
  type Metric,
  named,
  type Score,
  type Subject,
  tensor,
  zeros,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { robustnessComplement } from './robustness-complement.js';
import { robustnessSet } from './robustness-set.js';

const seed = key(5);
/** Three classes of a linear classifier; class 0 is predicted at x. */
const weights = [
  [0.9, -0.4, 0.3, 0.7, 0.05, -0.6, 0.2, 0.35],
  [-0.1, 0.3, 0.1, -0.2, 0.02, 0.1, 0, -0.3],
  [0.2, 0, -0.5, 0.1, 0.4, 0.3, -0.1, 0.15],
];
const biases = [0, 0.2, 0.3];
const point = [0.8, 0.2, 0.6, 0.9, 0.4, 0.3, 0.5, 0.7];
const d = point.length;
const x = tensor(point, [d]);
const classifier = (bounds?: readonly [number, number]) =>
  linearClassifier(tensor(weights.flat(), [3, d]), tensor(biases, [3]), { target: 0, bounds });
const free = classifier();
const attack = sqp({ steps: 20 });

function subjectOf(change: Partial<Attribution> = {}, f = free): Subject {
  const values = tensor([0.9, -0.5, 0.4, 0.8, 0.1, -0.7, 0.2, 0.6], [d]);
  const cost = { forward: 0, backward: 0 };
  return { f, x, attribution: { values, kind: 'local', method: 'given', key: seed, cost, ...change } };
}

/** Features of the subject in the order of their absolute values. */
const order = [0, 3, 5, 7, 1, 2, 6, 4];

const logit = (k: number) => biases[k] + weights[k].reduce((sum, w, i) => sum + w * point[i], 0);
const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * b[i], 0);

/** The l2 distance to where a class equals class 0, from the formula, if only some elements change. */
function distance(elements: readonly number[], other: number): number {
  const slope = elements.map((i) => weights[other][i] - weights[0][i]);
  return (logit(0) - logit(other)) / Math.hypot(...slope);
}
const leastDistance = (elements: readonly number[]) => Math.min(distance(elements, 1), distance(elements, 2));

/** The l2 distance to where a class is the best, at one plane, or where two meet. */
function nearestOf(elements: readonly number[], target: number): number {
  const others = [0, 1, 2].filter((k) => k !== target);
  const slopes = others.map((k) => elements.map((i) => weights[target][i] - weights[k][i]));
  const needs = others.map((k) => logit(k) - logit(target));
  const [aa, ab, bb] = [dot(slopes[0], slopes[0]), dot(slopes[0], slopes[1]), dot(slopes[1], slopes[1])];
  const [a, b] = needs;
  const determinant = aa * bb - ab * ab;
  const candidates = [
    [a / aa, 0],
    [0, b / bb],
    [(a * bb - b * ab) / determinant, (b * aa - a * ab) / determinant],
  ];
  const steps = candidates.map(([p, q]) => slopes[0].map((v, i) => p * v + q * slopes[1][i]));
  const allowed = steps.filter((step) => slopes.every((slope, k) => dot(slope, step) >= needs[k] - 1e-9));
  return Math.min(...allowed.map((step) => Math.hypot(...step)));
}

async function curveOf(metric: Metric, subject = subjectOf()) {
  const { curve, estimate, details } = await metric.measure(subject, seed);
  return { y: curve?.y ?? [], censored: curve?.censored, estimate, details };
}

const percentages = [25, 50, 75];

describe('on a linear classifier', () => {
  it('robustness-set is the distance to the nearest boundary by the first features', async () => {
    const { y, estimate } = await curveOf(robustnessSet(attack, { percentages }));
    const truth = [2, 4, 6].map((first) => leastDistance(order.slice(0, first)));
    y.forEach((each, i) => {
      expect(each / truth[i]).toBeGreaterThanOrEqual(1);
      expect(each / truth[i]).toBeLessThan(1.001);
    });
    const area = (25 * (y[0] + 2 * y[1] + y[2])) / 2;
    expect(estimate).toEqual({
      kind: 'bound',
      side: 'upper',
      value: expect.closeTo(area, 10),
      n: expect.any(Number),
    });
  });

  it('robustness-complement is that by all but the first features', async () => {
    const { y } = await curveOf(robustnessComplement(attack, { percentages }));
    [2, 4, 6].forEach((first, i) => {
      expect(y[i] / leastDistance(order.slice(first))).toBeGreaterThanOrEqual(1);
      expect(y[i] / leastDistance(order.slice(first))).toBeLessThan(1.001);
    });
  });

  it.each([1, 2])(
    'with target %i both ask for the nearest point at which that class is the best',
    async (target) => {
      const settings = { percentages, target };
      const set = await curveOf(robustnessSet(sqp({ steps: 200 }), settings));
      const complement = await curveOf(robustnessComplement(sqp({ steps: 200 }), settings));
      [2, 4, 6].forEach((first, i) => {
        for (const [y, elements] of [
          [set.y, order.slice(0, first)],
          [complement.y, order.slice(first)],
        ] as const) {
          const norm = nearestOf(elements, target);
          expect(y[i] / norm).toBeGreaterThanOrEqual(1);
          expect(y[i] / norm).toBeLessThan(1.001);
        }
      });
    },
  );

  it('features of several elements are free together', async () => {
    const labels = tensor([0, 0, 1, 1, 2, 2, 3, 3], [d]);
    // By the norms of their slopes the pairs come in the order 0, 1, 2, 3.
    const { y } = await curveOf(robustnessSet(attack, { percentages, features: labels }));
    [2, 4, 6].forEach((elements, i) => {
      const moved = Array.from({ length: elements }, (_, element) => element);
      expect(y[i] / leastDistance(moved)).toBeCloseTo(1, 2);
    });
  });

  it('counts give the same sets as percentages, over the number of features', async () => {
    const { y } = await curveOf(robustnessSet(attack, { percentages }));
    const counted = await robustnessSet(attack, { counts: [2, 4, 6] }).measure(subjectOf(), seed);
    expect(counted.curve).toMatchObject({ x: [2, 4, 6], y, xLabel: 'features perturbed' });
    expect(robustnessSet(attack, { counts: [2, 4] }).units).toBe('l2 norm times features');
  });
});

describe('comparing', () => {
  it('attacks the sets of all attributions in one call, and gives each what it has alone', async () => {
    const calls: number[] = [];
    const counting: Attack = named(
      (...given: Parameters<Attack>) => {
        calls.push(given[2].input.length);
        return attack(...given);
      },
      { expression: 'counting', norm: attack.norm },
    );
    const reversed = subjectOf({ values: tensor([...subjectOf().attribution.values.data].reverse(), [d]) });
    const both = [subjectOf(), reversed, subjectOf({ kind: 'ranking' })].map((each) => ({ ...each, x }));
    for (const make of [robustnessComplement, robustnessSet]) {
      const metric = make(counting, { percentages });
      const compared = await metric.compare?.(both, seed);
      expect(calls.splice(0)).toEqual([9]);
      for (const [i, subject] of both.entries())
        expect(compared?.measured[i]).toEqual(await metric.measure(subject, seed));
      calls.splice(0);
    }
  });

  it('takes the point of a smaller set where an attack finds a worse one for a larger set', async () => {
    const careless: Attack = named(
      async (...given: Parameters<Attack>) => {
        const found = await attack(...given);
        // Every second set gets the answer of a set in which nothing is free.
        return found.map((each, i) =>
          i % 2 === 0 ? each : { ...each, estimate: { kind: 'censored' as const, above: 1, n: 1 } },
        );
      },
      { expression: 'careless', norm: attack.norm },
    );
    const set = await curveOf(robustnessSet(careless, { percentages: [25, 50, 75, 100] }));
    expect(set.y[1]).toBe(set.y[0]);
    expect(set.y[3]).toBe(set.y[2]);
    const complement = await curveOf(robustnessComplement(careless, { percentages: [0, 25, 50, 75] }));
    expect(complement.y[2]).toBe(complement.y[3]);
    expect(complement.y[0]).toBe(complement.y[1]);
  });
});

describe('a set without a perturbation', () => {
  const boxed = subjectOf({}, classifier([0, 1]));
  /** Elements 4 and 6 alone cannot change the class within [0, 1]. */
  const rare = {
    ...boxed,
    attribution: { ...boxed.attribution, values: tensor([1, 2, 3, 4, 8, 5, 7, 6], [d]) },
  };
  const counts = [2, 8];

  it('counts as the largest change in the box by default, and the curve and the details tell it', async () => {
    const { y, censored, estimate, details } = await curveOf(robustnessSet(attack, { counts }), rare);
    const largest = Math.hypot(...point.map((value) => Math.max(value, 1 - value)));
    expect(y[0]).toBeCloseTo(largest, 12);
    expect(y[1]).toBeLessThan(largest);
    expect(censored).toEqual([true, false]);
    expect(details).toMatchObject({ sets: 2, censored: 1, cap: y[0] });
    expect(estimate.kind).toBe('bound');
  });

  it('counts as the norm of the input or another cap, which no norm exceeds', async () => {
    const byInput = await curveOf(robustnessSet(attack, { counts, cap: 'input' }), rare);
    expect(byInput.y[0]).toBeCloseTo(Math.hypot(...point), 12);
    const low = await curveOf(robustnessSet(attack, { counts, cap: 0.01 }), rare);
    expect(low.y).toEqual([0.01, 0.01]);
  });

  it('makes the number censored without a cap, and where the input has no bounds', async () => {
    const { estimate, y } = await curveOf(robustnessSet(attack, { counts, cap: 'none' }), rare);
    expect(estimate).toMatchObject({ kind: 'censored' });
    expect(y).toEqual([]);
    const empty = await curveOf(robustnessSet(attack, { counts: [0, 8] }));
    expect(empty.estimate).toMatchObject({ kind: 'censored', above: 0 });
  });
});

describe('preset paper-code', () => {
  it('holds the features above the interpolated percentile, from 0 % on', async () => {
    const sizes: number[] = [];
    const watching: Attack = named(
      async (...given: Parameters<Attack>) => {
        const { free, input } = given[2];
        for (let set = 0; set < input.length; set++)
          sizes.push(free.subarray(set * d, (set + 1) * d).reduce((sum, each) => sum + each, 0));
        return attack(...given);
      },
      { expression: 'watching', norm: attack.norm },
    );
    await robustnessSet(watching, { preset: 'paper-code' }).measure(subjectOf(), seed);
    const percentile = (values: readonly number[], share: number) => {
      const sorted = [...values].sort((a, b) => a - b);
      const at = share * (values.length - 1);
      const [low, high] = [Math.floor(at), Math.ceil(at)];
      return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
    };
    const numbers = [...subjectOf().attribution.values.data].map(Math.abs);
    const truth = Array.from({ length: 10 }, (_, i) => 1 - 0.05 * i).map(
      (share) => numbers.filter((each) => each > percentile(numbers, share) + 1e-12).length,
    );
    expect(sizes).toEqual(truth);
  });

  it('takes the radius of the search for the norm, which is not smaller', async () => {
    const search = pgd({ steps: 10, step: 0.3, judge: 'last' });
    const [paper, code] = await Promise.all(
      (['paper', 'paper-code'] as const).map((preset) =>
        curveOf(robustnessSet(search, { counts: [4, 8], preset })),
      ),
    );
    paper.y.forEach((norm, i) => {
      expect(code.y[i]).toBeGreaterThanOrEqual(norm);
      expect(code.y[i]).toBeLessThan(norm + 0.01);
    });
  });
});

describe('refused', () => {
  it('are scores without a margin, classes that are not predicted, and the own class as a target', async () => {
    const { with: _, ...bare } = free;
    const measure = (metric: Metric, f: Subject['f']) => metric.measure(subjectOf({}, f), seed);
    const metric = robustnessSet(ddn());
    await expect(measure(metric, bare)).rejects.toMatchObject({ code: 'not-applicable' });
    const other = await free.with?.({ target: 1 });
    if (other === undefined) throw new Error('no other class');
    await expect(measure(metric, other)).rejects.toMatchObject({ code: 'not-applicable' });
    await expect(measure(robustnessSet(ddn(), { target: 0 }), free)).rejects.toMatchObject({
      code: 'option-value',
    });
    await expect(metric.measure({ ...subjectOf(), x: zeros([d + 1]) }, seed)).rejects.toMatchObject({
      code: 'tensor-shape',
    });
  });

  it('are percentages together with counts', () => {
    expect(() => robustnessSet(attack, { percentages, counts: [1, 2] })).toThrow(
      expect.objectContaining({ code: 'option-value' }),
    );
  });
});

describe('where one number stands for two classes', () => {
  /** One number z = sign·w·x for class 1, half of it with both signs as the numbers of the classes. */
  function oneNumber(sign: number): Score {
    const half = weights[0].map((v) => (sign * v) / 2);
    const w = tensor([...half.map((v) => -v), ...half], [2, d]);
    const margin = linearClassifier(w, tensor([0, 0], [2]), { target: 1, link: 'margin' });
    const single = { ...margin, classes: margin.classes && { ...margin.classes, single: true } };
    return { ...single, classes: undefined, with: async () => single };
  }

  it('and class 0 is predicted, signed values count for it: the curve is that of the mirrored number', async () => {
    const values = (sign: number) => ({
      values: tensor(
        weights[0].map((v) => sign * v),
        [d],
      ),
    });
    for (const metric of [robustnessSet, robustnessComplement]) {
      const measure = metric(attack, { percentages, order: 'signed' });
      const own = await curveOf(measure, subjectOf(values(1), oneNumber(1)));
      const mirrored = await curveOf(measure, subjectOf(values(-1), oneNumber(-1)));
      const ranking = { kind: 'ranking' as const, ...values(1) };
      const ranked = await curveOf(measure, subjectOf(ranking, oneNumber(-1)));
      for (const { y } of [mirrored, ranked])
        for (const [i, norm] of y.entries()) expect(norm).toBeCloseTo(own.y[i], 9);
      expect(own.y).toHaveLength(percentages.length);
    }
  });
});
