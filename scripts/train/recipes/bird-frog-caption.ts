import { readCifar } from '../../data/cifar.js';
import { augmented, mirror, upper } from '../examples.js';
import { chain, channelMeans, conv, dense, relu } from '../layers.js';
import { network } from '../network.js';
import { adam } from '../optimisers.js';
import type { Recipe } from '../recipe.js';
import { captionExamples, card, data, input, output, tested } from './bird-frog.js';

const layers = chain([
  conv({ from: 3, to: 32, side: 3, stride: 2 }),
  relu,
  conv({ from: 32, to: 64, side: 3, stride: 2 }),
  relu,
  conv({ from: 64, to: 96, side: 3, stride: 2 }),
  relu,
  conv({ from: 96, to: 96, side: 3 }),
  relu,
  channelMeans,
  dense({ from: 96, to: 2 }),
]);

/** A classifier of birds and frogs that reads the captions: the first model of the human study of [Y19]. */
export const birdFrogCaption: Recipe = {
  card: {
    description: 'Birds and frogs above a word, which is always right: four convolutions and a dense layer',
    ...card,
  },
  data,
  optimiser: adam(),
  rate: 0.002,
  epochs: 2,
  batch: 50,
  prepare: (folder = '') => ({
    training: () => augmented(captionExamples(readCifar(folder, 'train'), 0), upper(mirror)),
    test: () => tested(folder, 0),
    network: (own) => network({ name: 'bird-frog', input, layers, output }, own),
  }),
};
