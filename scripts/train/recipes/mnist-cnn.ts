import { chain, conv, dense, flatten, maxPool, relu } from '../layers.js';
import { network } from '../network.js';
import { adam } from '../optimisers.js';
import type { Recipe } from '../recipe.js';
import { digitCard, digitData, digitExamples, image, logits } from './digits.js';

const layers = chain([
  conv({ from: 1, to: 32, side: 5 }),
  relu,
  maxPool(2),
  conv({ from: 32, to: 64, side: 5 }),
  relu,
  maxPool(2),
  flatten,
  dense({ from: 3136, to: 128 }),
  relu,
  dense({ from: 128, to: 10 }),
]);

/** The two convolutions of the digits network of [Y19] and a smaller dense layer. */
export const mnistCnn: Recipe = {
  card: {
    description: 'Handwritten digits, 28 x 28, white on black: two 5x5 convolutions and two dense layers',
    ...digitCard,
  },
  data: digitData,
  optimiser: adam(),
  rate: 0.002,
  epochs: 3,
  batch: 100,
  prepare: (folder) => ({
    training: () => digitExamples('train', folder),
    test: () => digitExamples('t10k', folder),
    network: (key) => network({ name: 'mnist-cnn', input: image, layers, output: logits }, key),
  }),
};
