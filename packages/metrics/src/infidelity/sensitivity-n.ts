import {
  asBatch,
  counted,
  defineMetric,
  type Estimate,
  featuresHelp,
  fold,
  type Key,
  LAYOUT_HELP,
  option,
  type Perturbation,
  perturbationOf,
  type Subject,
  sharedValues,
  sizedSubset,
} from '@onnxplain/core';
import { expectSubject } from '../subject.js';
import { estimateMean } from './mean.js';
import { type DrawTable, emptyTable, fillTable } from './table.js';
import { withWarning } from './warning.js';

const name = 'sensitivity-n';

/**
 * Sensitivity-n: Pearson's correlation, over random sets of n features, between the sum of the explanation over the set and f(x) - f(x with
 * the set at the baseline). 1 is best; the scale of the explanation and a constant do not count. A local attribution is first multiplied
 * by what was taken away. A ranking is measured by its numbers, in any unit. An explanation that is complete for every set has the
 * correlation 1 for every n.
 *
 * The estimate is a mean with the standard error of the correlation by the delta method. Invalid where f is not finite, and where the sums
 * or the drops are equal for all sets, so that there is no correlation. Measuring throws `option-value` for more features than there are.
 * Source: Ancona et al. 2018, section 4.
 */
export const sensitivityN = defineMetric({
  name,
  summary: 'Correlation of the sum over n features with the drop of f when they are removed.',
  options: {
    n: option.count().describe('Number of features in each set.'),
    draws: option.count().default(100).describe('Number of random sets.'),
    baseline: option
      .baseline()
      .default(0)
      .describe(
        "What removed elements become: a number, or a tensor of the input's shape or repeated to it.",
      ),
    features: option.features().default('elements').describe(featuresHelp('What is removed as one')),
    layout: option.layout().describe(LAYOUT_HELP),
  },
  positional: ['n', 'draws', 'baseline'],
  example: { n: 3 },
  promises: ['mean', 'random'],
  make({ n, draws, baseline, features, layout }) {
    const perturbation = sizedSubset({ size: n, baseline, features, ...(layout && { layout }) });
    return {
      better: 'higher',
      units: 'correlation',
      comparable: 'any',
      least: -1,
      most: 1,
      source: 'Ancona et al. 2018 (sensitivity-n)',
      definition: {
        value: `Pearson's correlation of the explanation's sum over a set with f(x) - f(x without the set), over sets of ${counted(n, 'feature')}`,
        perturbation: perturbation.expression,
        draws: `${draws}`,
      },
      plannedCost: (_f, _x, explainers) => ({
        forward: explainers.length * (1 + draws),
        backward: 0,
        kept: { option: 'draws', rows: draws, rowBytes: 25 },
      }),
      measure: async (subject, key) => ({
        estimate: await measureCorrelation(perturbation, draws, { subject, key }),
      }),
    };
  },
});

async function measureCorrelation(
  perturbation: Perturbation,
  draws: number,
  { subject, key }: { readonly subject: Subject; readonly key: Key },
): Promise<Estimate> {
  expectSubject(name, subject);
  const { f, x, attribution } = subject;
  const values = attribution.kind === 'local' ? attribution.values : sharedValues(attribution);
  const setting = {
    f,
    x,
    attributions: [{ ...attribution, values }],
    perturbation: perturbationOf(f, perturbation),
    key: fold(key, name),
  };
  const table = emptyTable(draws, 1);
  const [whole] = await f.value(asBatch(x));
  await fillTable(setting, table, { from: 0, to: draws, whole });
  return correlation(table);
}

/**
 * The correlation r of predictions and drops. With a and b standardised, draw i has the influence ab - r(a² + b²)/2 on r, so that r is
 * the mean of r + influence with its standard error.
 */
function correlation({ predictions: [u], drops: v }: DrawTable): Estimate {
  const n = u.length;
  const [a, b] = [standardised(u), standardised(v)];
  if (a === undefined || b === undefined) {
    return { kind: 'invalid', reason: 'the drops or the sums are not finite, or the same for all sets', n };
  }
  const r = a.reduce((sum, value, i) => sum + value * b[i], 0) / n;
  const values = a.map((value, i) => r + value * b[i] - (r * (value ** 2 + b[i] ** 2)) / 2);
  const estimate = estimateMean(values, new Float64Array(n).fill(1), false);
  return withWarning(
    estimate.kind === 'mean' ? { ...estimate, value: Math.max(-1, Math.min(1, r)) } : estimate,
  );
}

/** The values less their mean, over their standard deviation; undefined where they are equal up to rounding, or not finite. */
function standardised(values: Float64Array): Float64Array | undefined {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n);
  return deviation > 1e-12 * Math.abs(mean) && Number.isFinite(deviation)
    ? values.map((value) => (value - mean) / deviation)
    : undefined;
}
