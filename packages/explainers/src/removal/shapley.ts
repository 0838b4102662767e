import {
  counted,
  defineExplainer,
  fail,
  fold,
  option,
  valuesOfFeatures,
  withoutIdleLayout,
} from '@onnxplain/core';
import { expectFiniteEnds } from '../finite-ends.js';
import { exactValues, type Permuted, permutationValues } from './permutations.js';
import { featuresAt, type Removal, removalFrom, removalOptions } from './removal.js';

/** Number of samples by default, and the least number of pairs of permutations then. */
const [SAMPLES, PAIRS] = [4096, 10];

/** Features of which all sets are taken at most. */
const MOST = 24;

/**
 * Shapley values: the mean rise of f as a feature joins the features before it, over all orders in which the features come. Features
 * that have not come yet are at the baseline. The values add up to f(x) - f(baseline) exactly. Global, in units of f.
 *
 * Where all 2^d - 2 sets of features fit into `samples`, of at most 24 features, they are all taken and the values are exact. Otherwise
 * random permutations are drawn, each together with its reverse, and `stderr` has the standard error of each value, from how the
 * values vary between pairs (none for one pair). Reversed pairs cancel the part of the error that comes from interactions of two features.
 * Evaluates f at most `samples` times, beside at x and at the baseline.
 *
 * Explaining throws `option-value` for fewer samples than one pair of permutations takes, 2·(d - 1), `non-finite` where f has no number,
 * and what `leave-one-out` throws.
 * Source: Shapley 1953; permutations: Castro, Gómez, Tejada 2009; pairs: Mitchell et al. 2022, section 4.1.
 */
export const shapley = defineExplainer({
  name: 'shapley',
  summary: 'Shapley values, exact for few features, by permutations in pairs for many.',
  options: {
    samples: option
      .count()
      .optional()
      .describe(
        'Greatest number of sets of features that are evaluated; the standard error falls as 1/sqrt(samples). Default: 4096, and ' +
          'at least ten pairs of permutations.',
      ),
    ...removalOptions,
  },
  positional: ['samples', 'baseline', 'features'],
  example: { samples: 80, baseline: 0.25, features: 'pixels' },
  promises: ['depends-on-layout'],
  settle: withoutIdleLayout,
  make: ({ samples, ...options }, expression) => ({
    kind: 'global',
    plannedCost(f, x) {
      const d = featuresAt(expression, { f, x }, options).count;
      const n = evaluatedSets(expression, d, mostSets(d, samples));
      return { forward: n + 2, backward: 0, kept: { option: 'samples', rows: n, rowBytes: 16 } };
    },
    async explain(f, x, key) {
      const { features, values } = removalFrom(expression, { f, x }, options);
      const d = features.count;
      const most = mostSets(d, samples);
      const [atX, atStart] = await values(2, (removed, i) => removed.fill(i));
      expectFiniteEnds(expression, { atX, atStart });
      const { numbers, stderr } = takesAllSets(d, most)
        ? await overAllSets(values, d, { atX, atStart })
        : await permutationValues(
            values,
            { d, pairs: pairsWithin(expression, most, d), ends: { atX, atStart } },
            fold(key, 'shapley'),
          );
      return {
        ...valuesOfFeatures(numbers, features, x.shape),
        ...(stderr && { stderr: valuesOfFeatures(stderr, features, x.shape).values }),
      };
    },
  }),
});

const mostSets = (d: number, samples: number | undefined): number =>
  samples ?? Math.max(SAMPLES, 2 * PAIRS * (d - 1));

const takesAllSets = (d: number, most: number): boolean => d <= MOST && 2 ** d - 2 <= most;

/** How many sets are evaluated beside the empty and the full one. */
const evaluatedSets = (where: string, d: number, most: number): number =>
  takesAllSets(d, most) ? 2 ** d - 2 : pairsWithin(where, most, d) * 2 * (d - 1);

async function overAllSets(
  values: Removal['values'],
  d: number,
  { atX, atStart }: { readonly atX: number; readonly atStart: number },
): Promise<Permuted> {
  const evaluated = 2 ** d - 2;
  const inner = await values(evaluated, (removed, i) => {
    for (let j = 0; j < d; j++) removed[j] = 1 - (((i + 1) >>> j) & 1);
  });
  const ofSets = new Float64Array(2 ** d);
  ofSets.set(inner, 1);
  ofSets[0] = atStart;
  ofSets[2 ** d - 1] = atX;
  return { numbers: exactValues(ofSets, d), evaluated };
}

function pairsWithin(where: string, samples: number, d: number): number {
  const each = 2 * (d - 1);
  if (samples >= each) return Math.floor(samples / each);
  return fail({
    code: 'option-value',
    where: `${where}: samples`,
    expected: `at least ${counted(each, 'sample')}, which one pair of permutations of ${counted(d, 'feature')} takes`,
    got: `${samples}`,
    remedy: `Take at least ${counted(each, 'sample')}, or larger features: pixels, superpixels, the side of cells, or labels.`,
  });
}
