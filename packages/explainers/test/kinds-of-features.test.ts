import {
  type Explainer,
  featuresFor,
  featureValues,
  gaussian,
  key,
  type Layout,
  linearClassifier,
  type Shape,
  sizeOf,
  subset,
  sumsOver,
  type Tensor,
  tensor,
} from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import {
  anchor,
  bbmp,
  cfx,
  expectedGradients,
  featurePermutation,
  gradientShap,
  greedy,
  greedyAs,
  kernelShap,
  leaveOneOut,
  lime,
  minimumPerturbation,
  oneStepBanzhaf,
  rise,
  shapley,
  smooth,
} from '../src/index.js';
import { closedForm } from './attacks.js';

type FeatureChoice = 'elements' | 'pixels' | 'channels' | number | Tensor;

/** An input, and what counts as one feature of it. */
interface Kind {
  readonly shape: Shape;
  readonly layout?: Layout;
  readonly features: FeatureChoice;
  readonly count: number;
}

/** Cells of unequal sizes over [3, 4], the same in both channels. */
const superpixels = tensor([0, 0, 1, 1, 0, 2, 2, 1, 3, 3, 2, 1], [3, 4]);

const kinds: Readonly<Record<string, Kind>> = {
  elements: { shape: [2, 3, 4], features: 'elements', count: 24 },
  'pixels with all channels': { shape: [2, 3, 4], features: 'pixels', count: 12 },
  'pixels with channels last': { shape: [3, 4, 2], layout: 'hwc', features: 'pixels', count: 12 },
  'cells of a grid': { shape: [2, 3, 4], features: 2, count: 4 },
  superpixels: { shape: [2, 3, 4], features: superpixels, count: 4 },
  'channels of a sequence': { shape: [4, 5], layout: 'cw', features: 'channels', count: 4 },
  'tokens of an embedded text': { shape: [5, 3], layout: 'wc', features: 'pixels', count: 5 },
  'columns of a table': { shape: [6], features: 'elements', count: 6 },
  'columns that belong together': { shape: [6], features: tensor([0, 1, 1, 1, 2, 3], [6]), count: 4 },
};

/** Explainers that take no choice of features: they explain elements, which are summed over features here. */
const ofElements = ['expected-gradients', 'gradient-shap'];

/** Explainers that perturb the input, over the features that they are given, and those of {@link ofElements}. */
const explainers: Readonly<Record<string, (features: FeatureChoice, count: number) => Explainer>> = {
  anchor: (features) => anchor({ features }),
  bbmp: (features) => bbmp({ features, l1: 0.5, iterations: 60 }),
  cfx: (features) => cfx({ features }),
  'expected-gradients': () => expectedGradients({ background: [0], draws: 3 }),
  'feature-permutation': (features) => featurePermutation({ background: [0, 0.1], features }),
  'gradient-shap': () => gradientShap({ background: [0], sigma: 0.1, draws: 5 }),
  greedy: (features, count) => greedy(closedForm, { features, step: 1 / count }),
  'greedy-as': (features, count) => greedyAs(closedForm, { features, step: 1 / count, subsets: 80 }),
  'kernel-shap': (features) => kernelShap({ features, samples: 200 }),
  'leave-one-out': (features) => leaveOneOut({ features }),
  lime: (features) => lime({ features, samples: 400 }),
  'minimum-perturbation': (features) => minimumPerturbation(closedForm, { features }),
  'one-step-banzhaf': (features) => oneStepBanzhaf(closedForm, { features, subsets: 80 }),
  rise: (features) => rise({ masks: subset({ probability: 0.5, features }), draws: 400 }),
  shapley: (features) => shapley({ features }),
  'smooth of leave-one-out': (features) =>
    smooth(leaveOneOut({ features }), gaussian({ sigma: 0.05 }), { draws: 4 }),
  'smooth of lime, mean square': (features) =>
    smooth(lime({ features, samples: 100 }), gaussian({ sigma: 0.05 }), {
      draws: 3,
      statistic: 'mean-square',
    }),
};

describe.each(Object.entries(kinds))('over %s', (_, { shape, layout, features: choice, count }) => {
  const features = featuresFor('test', shape, { features: choice, layout });
  const decisive = count - 2;
  const weights = Float64Array.from(features.of, (feature) => (feature === decisive ? 1 : 0.01));
  const members = features.of.filter((feature) => feature === decisive).length;
  const size = sizeOf(shape);
  const x = tensor(new Float64Array(size).fill(1), shape);
  // The class holds while about half of the decisive feature is there, whatever the others are.
  const f = {
    ...linearClassifier(
      tensor([...weights, ...new Float64Array(size)], [2, size]),
      tensor([-0.5 * members, 0], [2]),
      { target: 0, shape, ...(layout && { layout }) },
    ),
  };

  it.each(Object.keys(explainers))(
    '%s has one number for each feature, and the decisive one first',
    async (name) => {
      const attribution = await explainers[name](choice, count)(f, x, key(2));
      const numbers = ofElements.includes(name)
        ? sumsOver(attribution, { count, partOf: (i) => features.of[i] })
        : featureValues(attribution);
      expect(numbers.length).toBe(count);
      expect(attribution.values.shape).toEqual(shape);
      if (!ofElements.includes(name)) {
        attribution.values.data.forEach((value, i) => {
          expect(value).toBe(numbers[features.of[i]]);
        });
      }
      numbers.forEach((value, feature) => {
        if (feature !== decisive) expect(value).toBeLessThan(numbers[decisive]);
      });
    },
  );
});
