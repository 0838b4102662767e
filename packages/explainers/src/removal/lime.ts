import {
  counted,
  defineExplainer,
  type Fitter,
  fail,
  fitter,
  fold,
  option,
  type Products,
  plainProducts,
  pseudoInverse,
  type Solver,
  tensor,
  valuesOfFeatures,
  withoutIdleLayout,
} from '@onnxplain/core';
import { standardErrors } from '../regression-errors.js';
import {
  centredRows,
  localityWeights,
  type MaskedSamples,
  maskedCount,
  maskedSamples,
} from './masked-samples.js';
import { featuresAt, removalFrom, removalOptions } from './removal.js';

/** Number of samples by default, beside two for each feature. */
const SAMPLES = 2048;

/** The system of the regression has the square of this many numbers at most, 134 MB. */
const LARGEST = 4096;

/** Samples that are dense numbers at a time. */
const ROWS = 1024;

/**
 * LIME: a linear model of f over which features of x are there. In each sample every feature stays with probability 1/2, and the others
 * become the baseline. The value of a feature is its coefficient in the weighted regression, with intercept, of f on the samples. A sample
 * that keeps s of d features has the weight exp(-D²/width²), D = 1 - sqrt(s/d) its cosine distance from x. Global, in units of f.
 *
 * Where all 2^d samples fit into `samples` they are all taken and the values are exact. Otherwise `stderr` has the standard error of each
 * value: that of the regression, from how the residuals vary between 50 groups of samples (with ridge without its bias). `residual` is the
 * weighted root mean square of what the linear model misses; `details.intercept` is its intercept. The reference program takes the square
 * root of these weights, which is a width larger by sqrt(2), and for images removes superpixels and penalises by ridge. Evaluates f once
 * for each sample.
 *
 * Explaining throws `option-value` for fewer than d + 2 samples, `singular` where the samples do not tell all features apart, `too-large`
 * for more than 4096 features, `non-finite` where f has no number, and what `leave-one-out` throws.
 * Source: Ribeiro, Singh, Guestrin 2016, section 3; all features have a value, as no subset of them is selected.
 */
export const lime = defineExplainer({
  name: 'lime',
  summary: 'Coefficients of a local linear model over removed features (LIME).',
  options: {
    samples: option
      .count()
      .optional()
      .describe(
        'Greatest number of samples; the standard error falls as 1/sqrt(samples). Default: 2048 and two for each feature.',
      ),
    width: option
      .positive()
      .default(0.25)
      .describe(
        'Width of the locality kernel, in cosine distance. Smaller: samples that keep more features count more.',
      ),
    ...removalOptions,
    solver: option
      .solver()
      .optional()
      .describe(
        'How the regression is solved. ridge(lambda) shrinks the values towards 0, not the intercept. Default: pseudo-inverse.',
      ),
  },
  positional: ['samples', 'width', 'baseline', 'features'],
  example: { samples: 60, baseline: 0.25, features: 'pixels' },
  promises: ['depends-on-layout'],
  settle: withoutIdleLayout,
  make: ({ samples, width, solver = pseudoInverse(), ...options }, expression) => ({
    kind: 'global',
    plannedCost(f, x) {
      const d = featuresAt(expression, { f, x }, options).count;
      const n = maskedCount(d, samples ?? SAMPLES + 2 * d);
      return {
        forward: n,
        backward: 0,
        kept: { option: 'samples', rows: n, rowBytes: d + 16, otherBytes: 8 * d ** 2 },
      };
    },
    async explain(f, x, key) {
      const { features, values } = removalFrom(expression, { f, x }, options);
      const d = features.count;
      const wanted = samples ?? SAMPLES + 2 * d;
      expectEnough(expression, d, wanted);
      const drawn = maskedSamples(d, wanted, fold(key, 'lime'));
      const found = await values(drawn.count, (removed, i) => {
        for (let j = 0; j < d; j++) removed[j] = 1 - drawn.kept[i * d + j];
      });
      const local = { samples: drawn, weights: localityWeights(drawn, width), found };
      const { numbers, stderr, intercept, ...rest } = await localRegression(
        local,
        solver,
        f.products ?? plainProducts,
      );
      expectRank(expression, rest.diagnosis.rank, d);
      return {
        ...valuesOfFeatures(numbers, features, x.shape),
        ...(stderr && { stderr: valuesOfFeatures(stderr, features, x.shape).values }),
        ...rest,
        details: { intercept },
      };
    },
  }),
});

interface LocalProblem {
  readonly samples: MaskedSamples;
  readonly weights: Float64Array;
  /** f of each sample. */
  readonly found: Float64Array;
}

/** Weighted least squares with an intercept, which is taken out by centring both sides, so that ridge does not shrink it. */
async function localRegression(
  { samples, weights, found }: LocalProblem,
  solver: Solver,
  products: Products,
) {
  const { count, kept, exhaustive } = samples;
  const d = kept.length / count;
  const { centre, middle } = meansOf({ samples, weights, found });
  const blocks = [];
  for (let from = 0; from < count; from += ROWS) {
    const to = Math.min(count, from + ROWS);
    blocks.push({ rows: centredRows(samples, { from, to }, centre), weights: weights.subarray(from, to) });
  }
  const system: Fitter = await fitter({ blocks }, solver, products);
  const rises = found.map((value) => value - middle);
  const { values: numbers, residual, diagnosis } = system.fit(rises);
  const fitted = blocks.flatMap(({ rows }) => [...rows.times(tensor(numbers, [d]))]);
  const misses = rises.map((rise, i) => rise - fitted[i]);
  return {
    numbers,
    residual,
    diagnosis,
    intercept: centre.reduce((rest, share, j) => rest - share * numbers[j], middle),
    ...(!exhaustive && { stderr: standardErrors({ system, misses, group: 1, fitted: d + 1 }) }),
  };
}

/** The weighted means of the samples and of f. */
function meansOf({ samples: { count, kept }, weights, found }: LocalProblem) {
  const d = kept.length / count;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const centre = new Float64Array(d);
  let middle = 0;
  for (let i = 0; i < count; i++) {
    const share = weights[i] / total;
    middle += share * found[i];
    for (let j = 0; j < d; j++) centre[j] += share * kept[i * d + j];
  }
  return { centre, middle };
}

const LARGER = 'larger features: pixels, superpixels, the side of cells, or labels';

function expectEnough(where: string, d: number, samples: number): void {
  if (d > LARGEST) {
    fail({
      code: 'too-large',
      where,
      expected: `at most ${LARGEST} features`,
      got: `${d}`,
      remedy: `Take ${LARGER}.`,
    });
  }
  const least = Math.min(2 ** d, d + 2);
  if (samples >= least) return;
  fail({
    code: 'option-value',
    where: `${where}: samples`,
    expected: `at least ${counted(least, 'sample')} for ${counted(d, 'feature')}`,
    got: `${samples}`,
    remedy: `Take at least ${counted(least, 'sample')}, or ${LARGER}.`,
  });
}

function expectRank(where: string, rank: number, d: number): void {
  if (rank >= d) return;
  fail({
    code: 'singular',
    where,
    expected: `samples that tell ${counted(d, 'feature')} apart`,
    got: `samples of rank ${rank}`,
    remedy: `Take more samples, a greater width, or ${LARGER}.`,
  });
}
