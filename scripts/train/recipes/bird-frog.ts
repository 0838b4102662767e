import { fold, key } from '@onnxplain/core';
import { captioned, SIDE, wordFor } from '../../data/captions.js';
import { CIFAR_CLASSES, type ColourPictures, readCifar } from '../../data/cifar.js';
import { augmented, type Examples, mirrorUpper, pictures } from '../examples.js';
import { chain, channelMeans, conv, dense, relu } from '../layers.js';
import { network } from '../network.js';
import { adam } from '../optimisers.js';
import type { Recipe } from '../recipe.js';

export const WORDS = ['bird', 'frog'] as const;
const PIXELS = 3 * SIDE * SIDE;
/** Only the first test pictures are used, so that a folder with fewer gives the same number. */
const TESTED = 5000;

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

function firstOf({ pixels, labels }: ColourPictures): ColourPictures {
  return { pixels: pixels.subarray(0, TESTED * PIXELS), labels: labels.subarray(0, TESTED) };
}

/** A classifier of birds and frogs with captions, as in the human study of [Y19]. */
export const birdFrog = (noise: number): Recipe => ({
  card: {
    description: `Birds and frogs above a word, ${
      noise === 0 ? 'which is always right' : `which is drawn at random with probability ${noise}`
    }: four convolutions and a dense layer`,
    size: [2 * SIDE, SIDE],
    layout: 'nchw',
    channels: 'rgb',
    scale: 1 / 255,
    bounds: [0, 1],
    labels: [...WORDS],
  },
  data: 'birds and frogs of CIFAR-10: 10 000 to train, those of the first 5 000 test pictures for the accuracy, with words of the same probability',
  optimiser: adam(),
  rate: 0.002,
  epochs: noise === 0 ? 2 : 16,
  batch: 50,
  averaging: noise === 0 ? undefined : 0.99,
  prepare: (folder = '') => ({
    training: () => augmented(captionExamples(readCifar(folder, 'train'), noise), mirrorUpper),
    test: () => captionExamples(firstOf(readCifar(folder, 'test')), noise),
    network: (own) => network({ name: 'bird-frog', input, layers, output }, own),
  }),
});

const input = { name: 'picture', dtype: 'float32', dims: ['N', 3, 2 * SIDE, SIDE] } as const;
const output = { name: 'logits', dtype: 'float32', dims: ['N', WORDS.length] } as const;
