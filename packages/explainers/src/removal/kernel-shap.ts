import {
  counted,
  defineExplainer,
  fail,
  fold,
  type Key,
  option,
  type Products,
  plainProducts,
  valuesOfFeatures,
  withoutIdleLayout,
} from '@onnxplain/core';
import { expectFiniteEnds } from '../finite-ends.js';
import { type Coalitions, coalitionCount, coalitionsOf } from './coalitions.js';
import { featuresAt, removalFrom, removalOptions } from './removal.js';
import { type ShapleyRegression, shapleyRegression } from './shapley-regression.js';

/** Number of samples by default, beside two for each feature. */
const SAMPLES = 2048;

/** What gives fewer features. */
const LARGER = 'larger features: pixels, superpixels, the side of cells, or labels';

/** The system of the regression has the square of this many numbers at most, 134 MB. */
const LARGEST = 4096;

/**
 * KernelSHAP: Shapley values by least squares. A coalition keeps some features and sets the others to the baseline; the values φ are
 * those for which the sum of φ over a coalition is nearest to f(coalition) - f(baseline), weighted by the Shapley kernel
 * (d - 1) / (C(d, s)·s·(d - s)) for s of d features. They add up to f(x) - f(baseline) exactly. Global, in units of f.
 *
 * Where all 2^d - 2 coalitions fit into `samples`, they are all taken and the values are the exact Shapley values. Otherwise coalitions
 * are drawn from the kernel in pairs of complements, and `stderr` has the standard error of each value: that of the regression, from how
 * the residuals of pairs vary between 50 groups of pairs, corrected for the number of fitted values. Few pairs per feature make it
 * too small. `residual` is the root mean square of what the sums miss. Evaluates f once for each sample, at x and at the baseline.
 *
 * Explaining throws `option-value` for fewer than d - 1 pairs, `singular` where the pairs that were drawn do not tell all features
 * apart, `too-large` for more than 4096 features, `non-finite` where f has no number, and what `leave-one-out` throws.
 * Source: Lundberg and Lee 2017, Theorem 2; pairs and error: Covert and Lee 2021.
 */
export const kernelShap = defineExplainer({
  name: 'kernel-shap',
  summary: 'Shapley values by least squares over coalitions of features (KernelSHAP).',
  options: {
    samples: option
      .count()
      .optional()
      .describe(
        'Greatest number of coalitions; the standard error falls as 1/sqrt(samples). Default: 2048 and two for each feature.',
      ),
    ...removalOptions,
  },
  positional: ['samples', 'baseline', 'features'],
  example: { samples: 40, baseline: 0.25, features: 'pixels' },
  promises: ['depends-on-layout'],
  settle: withoutIdleLayout,
  make({ samples, ...options }, expression) {
    const regressionFor = keepingLast();
    return {
      kind: 'global',
      plannedCost(f, x) {
        const d = featuresAt(expression, { f, x }, options).count;
        const n = coalitionCount(d, samples ?? SAMPLES + 2 * d);
        return {
          forward: n + 2,
          backward: 0,
          kept: { option: 'samples', rows: n, rowBytes: d + 16, otherBytes: 8 * d ** 2 },
        };
      },
      async explain(f, x, key) {
        const { features, values } = removalFrom(expression, { f, x }, options);
        const d = features.count;
        const { coalitions, fit } = await regressionFor(
          { d, key: fold(key, 'kernel-shap'), products: f.products ?? plainProducts },
          (own) => coalitionsFor(expression, d, { samples, key: own }),
        );
        const [atX, atStart] = await values(2, (removed, i) => removed.fill(i));
        expectFiniteEnds(expression, { atX, atStart });
        const found = await values(coalitions.count, (removed, i) => {
          for (let j = 0; j < d; j++) removed[j] = 1 - coalitions.kept[i * d + j];
        });
        const rises = found.map((value) => value - atStart);
        const { numbers, stderr, ...rest } = fit({ rises, whole: atX - atStart });
        expectRank(expression, rest.diagnosis?.rank ?? d - 1, coalitions);
        const spread = stderr && valuesOfFeatures(stderr, features, x.shape).values;
        return {
          ...valuesOfFeatures(numbers, features, x.shape),
          ...(spread && { stderr: spread }),
          ...rest,
        };
      },
    };
  },
});

/** What a regression is made from. */
interface Drawn {
  readonly d: number;
  readonly key: Key;
  readonly products: Products;
}

/** Most bytes of a regression that is kept: its coalitions and its system. */
const KEPT_BYTES = 2 ** 21;

const bytesOf = ({ kept, weights }: Coalitions, d: number): number =>
  kept.byteLength + weights.byteLength + 8 * d ** 2;

/** Returns a function that makes regressions, and keeps the last one: metrics explain the neighbours of an input with one key. */
function keepingLast() {
  let last: (Drawn & { readonly made: Promise<ShapleyRegression> }) | undefined;
  return (drawn: Drawn, draw: (key: Key) => Coalitions): Promise<ShapleyRegression> => {
    const { d, key, products } = drawn;
    if (last?.d === d && last.key.hi === key.hi && last.key.lo === key.lo && last.products === products)
      return last.made;
    // The one before is dropped first, so that two are never in memory.
    last = undefined;
    const coalitions = draw(key);
    const made = shapleyRegression(coalitions, products);
    if (bytesOf(coalitions, d) > KEPT_BYTES) return made;
    last = { ...drawn, made };
    // The caller gets the error; the next call tries again.
    made.catch(() => {
      last = undefined;
    });
    return made;
  };
}

type Sampling = { readonly samples: number | undefined; readonly key: Parameters<typeof coalitionsOf>[2] };

function coalitionsFor(where: string, d: number, { samples = SAMPLES + 2 * d, key }: Sampling): Coalitions {
  if (d > LARGEST) {
    fail({
      code: 'too-large',
      where,
      expected: `at most ${LARGEST} features`,
      got: `${d}`,
      remedy: `Take ${LARGER}.`,
    });
  }
  const least = Math.min(2 ** d - 2, 2 * (d - 1));
  if (samples < least) {
    fail({
      code: 'option-value',
      where: `${where}: samples`,
      expected: `at least ${counted(least, 'sample')} for ${counted(d, 'feature')}`,
      got: `${samples}`,
      remedy: `Take at least ${counted(least, 'sample')}, or ${LARGER}.`,
    });
  }
  return coalitionsOf(d, samples, key);
}

/** Throws `singular` where the coalitions leave some differences of values open. The constraint takes one rank. */
function expectRank(where: string, rank: number, { count, kept }: Coalitions): void {
  const d = count === 0 ? 1 : kept.length / count;
  if (rank >= d - 1) return;
  fail({
    code: 'singular',
    where,
    expected: `coalitions that tell ${counted(d, 'feature')} apart`,
    got: `${counted(count, 'coalition')} of rank ${rank + 1}`,
    remedy: `Take more samples, or ${LARGER}.`,
  });
}
