import { fold, key } from '@onnxplain/core';
import { captioned, SIDE, wordFor } from '../../data/captions.js';
import { CIFAR_CLASSES, type ColourPictures, readCifar } from '../../data/cifar.js';
import { type Examples, pictures } from '../examples.js';
import type { Recipe } from '../recipe.js';

export const WORDS = ['bird', 'frog'] as const;
const PIXELS = 3 * SIDE * SIDE;

/** The birds and frogs of CIFAR-10 with words below them; `noise` is the probability that a word is drawn at random. */
export function captionExamples({ pixels, labels }: ColourPictures, noise: number): Examples {
  const chosen = Array.from(labels, (label, i) => ({
    i,
    label: WORDS.indexOf(CIFAR_CLASSES[label] as 'bird'),
  }));
  const kept = chosen.filter(({ label }) => label >= 0);
  const all = new Float32Array(kept.length * 2 * PIXELS);
  for (const [row, { i, label }] of kept.entries()) {
    const own = fold(key(0), i);
    const picture = pixels.subarray(i * PIXELS, (i + 1) * PIXELS);
    all.set(
      captioned({ picture, word: wordFor({ words: WORDS, label, noise }, own) }, own),
      row * 2 * PIXELS,
    );
  }
  const shape = [3, 2 * SIDE, SIDE] as const;
  return pictures({ input: 'picture', shape, pixels: all, labels: kept.map(({ label }) => label) });
}

export const input = { name: 'picture', dtype: 'float32', dims: ['N', 3, 2 * SIDE, SIDE] } as const;
export const output = { name: 'logits', dtype: 'float32', dims: ['N', WORDS.length] } as const;

/** What the cards of both models have in common. */
export const card: Recipe['card'] = {
  size: [2 * SIDE, SIDE],
  layout: 'nchw',
  channels: 'rgb',
  scale: 1 / 255,
  bounds: [0, 1],
  labels: [...WORDS],
};

export const data =
  'birds and frogs of CIFAR-10: 10 000 to train, the official 2 000 test pictures of them for the accuracy, with words of the same probability';

export const tested = (folder: string, noise: number): Examples =>
  captionExamples(readCifar(folder, 'test'), noise);
