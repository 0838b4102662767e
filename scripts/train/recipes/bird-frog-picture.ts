import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '@onnxplain/core';
import { read } from '@onnxplain/graph';
import { CIFAR_CLASSES, readCifar } from '../../data/cifar.js';
import { augmented, mirror, shift, upper } from '../examples.js';
import { sgd } from '../optimisers.js';
import type { Recipe } from '../recipe.js';
import { transferred } from '../transfer.js';
import { captionExamples, card, data, input, output, tested, WORDS } from './bird-frog.js';

/** Probability that a word is drawn at random. */
const NOISE = 0.6;
const CLASSES = WORDS.map((word) => CIFAR_CLASSES.indexOf(word));
const TRAINED = join(import.meta.dirname, '../../../models/cifar10-cnn.onnx');

function trainedFile(): Uint8Array {
  if (existsSync(TRAINED)) return readFileSync(TRAINED);
  return fail({
    code: 'file-missing',
    where: TRAINED,
    expected: 'the model that the training starts from',
    got: 'nothing there',
    remedy: 'npx --yes pnpm@12 train cifar10-cnn --data FOLDER writes it.',
  });
}

/**
 * A classifier of birds and frogs that looks at the pictures, because captions are often wrong: the second model of the human study. Starts
 * from the weights of cifar10-cnn.
 */
export const birdFrogPicture: Recipe = {
  card: {
    description: `Birds and frogs above a word, which is drawn at random with probability ${NOISE}: cifar10-cnn, trained further on such pictures`,
    ...card,
  },
  data: `${data}; the training starts from models/cifar10-cnn.onnx`,
  optimiser: sgd({ decay: 5e-4 }),
  rate: 0.015,
  warmup: 0.2,
  smoothing: 0.1,
  epochs: 5,
  batch: 100,
  prepare: (folder = '') => ({
    training: () => {
      const examples = captionExamples(readCifar(folder, 'train'), NOISE);
      return augmented(augmented(examples, upper(mirror)), upper(shift(2)));
    },
    test: () => tested(folder, NOISE),
    network: () => transferred(read(trainedFile()), { input, output, classes: CLASSES }),
  }),
};
