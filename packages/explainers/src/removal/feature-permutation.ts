import {
  asBatch,
  defineExplainer,
  featuresHelp,
  inputsFrom,
  option,
  type PlannedCost,
  spans,
  valuesOfFeatures,
  withoutIdleLayout,
} from '@onnxplain/core';
import { LAYOUT } from '../layout.js';
import { backgroundOption, backgroundRows, rowsOf } from '../path/background.js';
import { addElements, noMoments, standardError } from '../smooth/elementwise.js';
import { featuresAt } from './removal.js';

/**
 * Feature permutation for one input: the mean drop f(x) - f(x with the feature's elements of a row), over all rows of a background. It is
 * what permuting a feature within a batch does to each input of the batch, on average over permutations. Global, in units of f. `stderr` is
 * the standard error of each mean, where the rows are a sample; none for one row, with which it is `leave-one-out`. Evaluates f
 * once for each feature and row, and at x.
 * Explaining throws `tensor-shape` for a background that does not fit the input, and what `leave-one-out` throws for features.
 * Source: Breiman 2001, of the score of one input in place of the error of a data set.
 */
export const featurePermutation = defineExplainer({
  name: 'feature-permutation',
  summary: 'Mean drop of the score when one feature takes its values from rows of other data.',
  options: {
    background: backgroundOption('The rows that features take their values from.'),
    features: option.features().default('elements').describe(featuresHelp('What is replaced as one')),
    layout: option.layout().describe(LAYOUT),
  },
  positional: ['background', 'features'],
  example: { background: [0.25, 1], features: 'pixels' },
  promises: ['depends-on-layout'],
  settle: withoutIdleLayout,
  make: ({ background, features: choice, layout }, expression) => ({
    kind: 'global',
    plannedCost: (f, x) =>
      costOf(rowsOf(background), featuresAt(expression, { f, x }, { features: choice, layout }).count),
    async explain(f, x) {
      const features = featuresAt(expression, { f, x }, { features: choice, layout });
      const rows = backgroundRows('feature-permutation', background, x.shape);
      const [d, m] = [features.count, rows.shape[0]];
      const [whole] = await f.value(asBatch(x));
      const drops = new Float64Array(m * d);
      for (const { from, to } of spans(m * d, Math.max(d, x.data.length))) {
        const n = to - from;
        const removed = new Uint8Array(n * d);
        for (let i = 0; i < n; i++) removed[i * d + ((from + i) % d)] = 1;
        const of = Int32Array.from({ length: n }, (_, i) => Math.floor((from + i) / d));
        const values = await f.value(
          inputsFrom(x, { kind: 'masks', n, features, removed, baseline: { rows, of } }),
        );
        values.forEach((value, i) => {
          drops[from + i] = whole - value;
        });
      }
      let moments = noMoments([d]);
      for (let i = 0; i < m; i++)
        moments = addElements(moments, { shape: [d], data: drops.subarray(i * d, (i + 1) * d) }, 1);
      const stderr = standardError(moments)?.data;
      return {
        ...valuesOfFeatures(moments.mean, features, x.shape),
        ...(stderr && { stderr: valuesOfFeatures(Float64Array.from(stderr), features, x.shape).values }),
      };
    },
  }),
});

const costOf = (rows: number, features: number): PlannedCost => ({
  forward: rows * features + 1,
  backward: 0,
  kept: { option: 'background', rows, rowBytes: 8 * features },
});
