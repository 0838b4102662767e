import { augmented, shift } from '../examples.js';
import { chain, conv, dense, flatten, relu } from '../layers.js';
import { network } from '../network.js';
import { adam } from '../optimisers.js';
import type { Recipe } from '../recipe.js';
import { digitCard, digitData, digitExamples, image, logits } from './digits.js';

export const smallLayers = chain([
  conv({ from: 1, to: 16, side: 5, stride: 2 }),
  relu,
  conv({ from: 16, to: 32, side: 3, stride: 2 }),
  relu,
  flatten,
  dense({ from: 1568, to: 64 }),
  relu,
  dense({ from: 64, to: 10 }),
]);

/** A network for experiments with many evaluations: convolutions of stride 2 in place of pools, about 3 % of the products of mnist-cnn. */
export const mnistSmallCnn: Recipe = {
  card: {
    description:
      'Handwritten digits, 28 x 28, white on black: two convolutions of stride 2 and two dense layers',
    ...digitCard,
  },
  data: `${digitData}; training digits are moved by up to two pixels`,
  optimiser: adam(),
  rate: 0.003,
  epochs: 20,
  batch: 100,
  averaging: 0.998,
  prepare: (folder) => ({
    training: () => augmented(digitExamples('train', folder), shift(2)),
    test: () => digitExamples('t10k', folder),
    network: (key) =>
      network({ name: 'mnist-small-cnn', input: image, layers: smallLayers, output: logits }, key),
  }),
};
