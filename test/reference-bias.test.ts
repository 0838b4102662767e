/**
 * The bias that [H21] (introduction and Appendix A) finds in measures which remove features by giving them a reference value: a feature
 * that has the reference value already can never count, whatever the model does with it. The criteria of robustness can see it.
 */
import {
  type Attribution,
  type Explainer,
  functionScore,
  key,
  type Score,
  stream,
  tensor,
} from '@onnxplain/core';
import { make } from 'onnxplain';
import { expect, test } from 'vitest';

const D = 6;
const REFERENCE = 0.25;
/** Features that have the reference value. */
const SAME = [1, 4];
const seeds = [1, 2, 3, 4, 5];

/** A smooth function in which every feature interacts with every other, and its gradient. */
function functionOf(seed: number): Score {
  const random = stream(key(seed));
  const draw = (n: number) => Array.from({ length: n }, () => 2 * random.uniform() - 1);
  const units = Array.from({ length: 8 }, () => ({ w: draw(D), b: draw(1)[0], v: draw(1)[0] }));
  const inner = (x: ArrayLike<number>, { w, b }: (typeof units)[number]) =>
    w.reduce((sum, each, i) => sum + each * x[i], b);
  return functionScore({
    shape: [D],
    bounds: [0, 1],
    value: ({ data }) => units.reduce((sum, unit) => sum + unit.v * Math.tanh(2 * inner(data, unit)), 0),
    gradient: ({ data }) =>
      tensor(
        Array.from({ length: D }, (_, i) =>
          units.reduce(
            (sum, unit) => sum + (2 * unit.v * unit.w[i]) / Math.cosh(2 * inner(data, unit)) ** 2,
            0,
          ),
        ),
        [D],
      ),
  });
}

function inputOf(seed: number) {
  const random = stream(key(100 + seed));
  return tensor(
    Array.from({ length: D }, (_, i) => (SAME.includes(i) ? REFERENCE : random.uniform())),
    [D],
  );
}

const removing = [
  `leave-one-out(baseline=${REFERENCE})`,
  `kernel-shap(samples=1000, baseline=${REFERENCE})`,
  `integrated-gradients(steps=20, baseline=${REFERENCE})`,
  `times-input(gradient, baseline=${REFERENCE})`,
];

const explain = (expression: string, f: Score, seed: number): Promise<Attribution> => {
  const made: Explainer = make(expression, 'explainer');
  return made(f, inputOf(seed), key(0));
};

test.each(removing)(
  '%s gives features that have the reference value nothing, and the others something',
  async (expression) => {
    for (const seed of seeds) {
      const { values } = await explain(expression, functionOf(seed), seed);
      values.data.forEach((value, i) => {
        if (SAME.includes(i)) expect(Math.abs(value)).toBeLessThan(1e-9);
        else expect(Math.abs(value)).toBeGreaterThan(1e-6);
      });
    }
  },
);

test('the model does use the features that get nothing', async () => {
  for (const seed of seeds) {
    const { values } = await explain('gradient', functionOf(seed), seed);
    for (const i of SAME) expect(Math.abs(values.data[i])).toBeGreaterThan(1e-3);
  }
});

/** The curve of a ranking of the features, the first one first. */
async function curveOf(metric: string, seed: number, ranking: readonly number[]): Promise<readonly number[]> {
  const values = tensor(
    Array.from({ length: D }, (_, i) => D - ranking.indexOf(i)),
    [D],
  );
  const cost = { forward: 0, backward: 0 };
  const attribution: Attribution = { values, kind: 'ranking', method: 'given', key: key(0), cost };
  const measure = make(`${metric}(${REFERENCE}, percentages=[17,34,50,67,84,100])`, 'metric');
  const { curve } = await measure.measure({ f: functionOf(seed), x: inputOf(seed), attribution }, key(0));
  return curve?.y ?? [];
}

test.each(['deletion', 'insertion'])(
  'the curve of %s is flat where a feature that has the reference value comes, wherever that is',
  async (metric) => {
    for (const seed of seeds) {
      const others = [0, 2, 3, 5];
      for (let place = 0; place <= others.length; place++) {
        const ranking = [...others.slice(0, place), ...SAME, ...others.slice(place)];
        const y = await curveOf(metric, seed, ranking);
        // After place + 1 and place + 2 features, f is what it was before the two.
        expect(y[place + 1]).toBeCloseTo(y[place], 12);
        if (place > 0) expect(y[place]).toBeCloseTo(y[place - 1], 12);
      }
    }
  },
);

test('which of the features with the reference value comes first changes no number of either curve', async () => {
  for (const metric of ['deletion', 'insertion']) {
    for (const seed of seeds) {
      const [one, other] = [SAME, [...SAME].reverse()].map((pair) => [0, ...pair, 2, 3, 5]);
      expect(await curveOf(metric, seed, one)).toEqual(await curveOf(metric, seed, other));
    }
  }
});

test('the smallest perturbation of features that have the reference value alone is that of the closed form', async () => {
  const weights = [0.4, 3, -0.2, 0.1, -2, 0.3];
  const margin = functionScore({
    shape: [D],
    value: ({ data }) => weights.reduce((sum, w, i) => sum + w * data[i], 0.5),
    gradient: () => tensor(weights, [D]),
  });
  for (const seed of seeds) {
    const x = inputOf(seed);
    const features = { count: D, of: Int32Array.from({ length: D }, (_, i) => i) };
    const free = Uint8Array.from({ length: D }, (_, i) => Number(SAME.includes(i)));
    const sets = { features, free, input: Int32Array.of(0) };
    const batch = tensor(x.data, [1, D]);
    const [found] = await make('sqp', 'attack')(margin, batch, sets, key(0));
    const [atX] = await margin.value(batch);
    expect(atX).toBeGreaterThan(0);
    const expected = atX / Math.hypot(weights[1], weights[4]);
    const norm = 'value' in found.estimate ? found.estimate.value : Number.NaN;
    expect(norm / expected).toBeCloseTo(1, 3);
  }
});
