/**
 * Writes test pictures of birds and frogs with words below them, the inputs of the bird-frog models, as OUT/bird-K.png and OUT/frog-K.png:
 * `npx tsx scripts/make-captions.ts --data FOLDER --out FOLDER [--each 10] [--noise 0]`. FOLDER has CIFAR-10 (`scripts/data.ts cifar10`); a
 * word is drawn at random with probability `noise`, and is right otherwise.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { key } from '@onnxplain/core';
import { encodePng } from '@onnxplain/files';
import { SIDE } from './data/captions.js';
import { readCifar } from './data/cifar.js';
import { floats } from './train/feeds.js';
import { captionExamples, WORDS } from './train/recipes/bird-frog.js';

const { values: given } = parseArgs({
  options: {
    data: { type: 'string', default: '.' },
    out: { type: 'string', default: 'out/captions' },
    each: { type: 'string', default: '10' },
    noise: { type: 'string', default: '0' },
  },
});
const [each, noise] = [given.each, given.noise].map(Number);
const [width, height] = [SIDE, 2 * SIDE];
mkdirSync(given.out, { recursive: true });
const examples = captionExamples(readCifar(given.data, 'test'), noise);
const labels = Array.from(examples.labels);
for (const [label, word] of WORDS.entries()) {
  const chosen = [...labels.keys()].filter((i) => labels[i] === label).slice(0, each);
  for (const [k, index] of chosen.entries()) {
    const planes = floats(examples.feeds(Uint32Array.of(index), key(0)).picture.data);
    const data = Uint8Array.from({ length: planes.length }, (_, i) =>
      Math.round(255 * planes[(i % 3) * width * height + Math.floor(i / 3)]),
    );
    writeFileSync(
      join(given.out, `${word}-${k + 1}.png`),
      encodePng({ width, height, channels: 3, depth: 8, data }),
    );
  }
}
