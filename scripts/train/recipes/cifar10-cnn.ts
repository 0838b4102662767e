import { SIDE } from '../../data/captions.js';
import { CIFAR_CLASSES, readCifar } from '../../data/cifar.js';
import { augmented, type Examples, mirror, pictures, shift } from '../examples.js';
import { chain, channelMeans, dense, maxPool, relu, residual } from '../layers.js';
import { network } from '../network.js';
import { sgd } from '../optimisers.js';
import type { Recipe } from '../recipe.js';
import { standardisedConv } from '../standardised.js';

const conv = (from: number, to: number) => standardisedConv({ from, to, side: 3 });

const layers = chain([
  standardisedConv({ from: 3, to: 48, side: 4, stride: 2, pad: 1 }),
  relu,
  conv(48, 64),
  relu,
  maxPool(2),
  conv(64, 96),
  relu,
  residual(chain([conv(96, 96), relu, conv(96, 96), relu])),
  maxPool(2),
  conv(96, 112),
  relu,
  residual(chain([conv(112, 112), relu])),
  channelMeans,
  dense({ from: 112, to: CIFAR_CLASSES.length }),
]);

function cifarExamples(folder: string, part: 'train' | 'test'): Examples {
  const { pixels, labels } = readCifar(folder, part);
  return pictures({ input: 'picture', shape: [3, SIDE, SIDE], pixels, scale: 1 / 255, labels });
}

/** A residual network for the ten classes of CIFAR-10. */
export const cifar10Cnn: Recipe = {
  card: {
    description:
      'Photographs of ten classes, 32 x 32: a residual network of seven convolutions and a dense layer',
    size: [SIDE, SIDE],
    layout: 'nchw',
    channels: 'rgb',
    scale: 1 / 255,
    bounds: [0, 1],
    labels: [...CIFAR_CLASSES],
  },
  data: 'CIFAR-10: 50 000 pictures to train, mirrored and moved by up to two pixels, the official 10 000 test pictures for the accuracy',
  optimiser: sgd({ decay: 5e-4 }),
  rate: 0.1,
  warmup: 0.2,
  smoothing: 0.1,
  epochs: 11,
  batch: 100,
  prepare: (folder = '') => ({
    training: () => augmented(augmented(cifarExamples(folder, 'train'), mirror), shift(2)),
    test: () => cifarExamples(folder, 'test'),
    network: (own) => network({ name: 'cifar10-cnn', input, layers, output }, own),
  }),
};

const input = { name: 'picture', dtype: 'float32', dims: ['N', 3, SIDE, SIDE] } as const;
const output = { name: 'logits', dtype: 'float32', dims: ['N', CIFAR_CLASSES.length] } as const;
