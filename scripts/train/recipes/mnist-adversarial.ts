import { network } from '../network.js';
import { adam } from '../optimisers.js';
import type { Recipe } from '../recipe.js';
import { digitCard, digitData, digitExamples, image, logits } from './digits.js';
import { smallLayers } from './mnist-small-cnn.js';

/** The layers of mnist-small-cnn, trained on attacked digits: explanations of such a model are less sensitive ([Y19] section 5). */
export const mnistAdversarial: Recipe = {
  card: {
    description:
      'Handwritten digits, 28 x 28, white on black: mnist-small-cnn trained on digits that an attack changed by up to 0.2 a pixel',
    ...digitCard,
  },
  data: `${digitData}; training digits are attacked by projected gradient descent (l-inf radius 0.2, 2 steps of 0.15)`,
  optimiser: adam(),
  rate: 0.002,
  epochs: 6,
  batch: 100,
  averaging: 0.998,
  adversary: { radius: 0.2, steps: 2, step: 0.15, bounds: [0, 1] },
  prepare: (folder) => ({
    training: () => digitExamples('train', folder),
    test: () => digitExamples('t10k', folder),
    network: (key) =>
      network({ name: 'mnist-adversarial', input: image, layers: smallLayers, output: logits }, key),
  }),
};
