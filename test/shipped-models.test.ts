/** The models of `models/`, their cards and recipes. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { key } from '@onnxplain/core';
import { readCard } from '@onnxplain/files';
import { read } from '@onnxplain/graph';
import { make, prepare } from 'onnxplain';
import { explainInputs, perToken } from 'onnxplain/pipeline';
import { describe, expect, test } from 'vitest';
import { SIDE } from '../scripts/data/captions.js';
import { accuracy } from '../scripts/train/accuracy.js';
import type { Examples } from '../scripts/train/examples.js';
import { floats } from '../scripts/train/feeds.js';
import { recipes } from '../scripts/train/recipes/index.js';

describe('the shipped models', () => {
  const folder = join(import.meta.dirname, '../models');
  const names = readdirSync(folder).flatMap((file) => /^(.*)\.onnx$/.exec(file)?.[1] ?? []);
  /** Folders of data that no npm package holds. */
  const cifar = join(import.meta.dirname, '../../shared/data/cifar10');
  const data: Readonly<Record<string, string>> = {
    'bird-frog-caption': cifar,
    'bird-frog-picture': cifar,
    'cifar10-cnn': cifar,
    'topic-bilstm': join(import.meta.dirname, '../../shared/data/text'),
  };

  test('each has a recipe and a card that says how it was trained, and is smaller than 2 MB', () => {
    expect(names.length).toBeGreaterThan(0);
    expect(Object.keys(recipes)).toEqual(expect.arrayContaining(names));
    for (const name of names) {
      expect(readFileSync(join(folder, `${name}.onnx`)).length).toBeLessThan(2_000_000);
      const { training, ...card } = JSON.parse(readFileSync(join(folder, `${name}.card.json`), 'utf8'));
      expect(Object.keys(training)).toEqual(['data', 'accuracy', 'seed', 'command']);
      expect(training.command).toMatch(new RegExp(`^npx --yes pnpm@12 train ${name}`));
      expect(card).toEqual(recipes[name as keyof typeof recipes].card);
    }
  });

  for (const name of names) {
    const missing = name in data && !existsSync(data[name]);
    test.skipIf(missing)(`${name} has the accuracy that its card says`, async () => {
      const { test: held } = recipes[name as keyof typeof recipes].prepare(data[name]);
      const graph = read(readFileSync(join(folder, `${name}.onnx`)));
      const { training } = readCard(join(folder, `${name}.onnx`));
      const found = await accuracy({ graph, weights: [] }, held(), { key: key(0) });
      const said = training?.accuracy ?? 0;
      // One example in a thousand may fall on the other side of a boundary on another machine. The folder has half of the test pictures
      // of CIFAR-10: the variance of the difference to all of them is that of the mean of all, and four standard errors are allowed.
      const pictures = data[name] === cifar ? (name === 'cifar10-cnn' ? 10_000 : 2000) : Infinity;
      const error = Math.sqrt((said * (1 - said)) / pictures);
      expect(Math.abs(found - said)).toBeLessThanOrEqual(0.001 + 4 * error);
    });
  }

  test('mnist-adversarial withstands on most digits an attack that mnist-small-cnn withstands on few', async () => {
    const { adversary, prepare: examples } = recipes['mnist-adversarial'];
    if (adversary === undefined) throw new Error('the recipe has no adversary');
    const held = examples().test();
    const some = { ...held, labels: Array.from(held.labels).slice(0, 300) };
    const attack = { key: key(0), adversary: { ...adversary, steps: 20, step: 0.03 } };
    const sharesOf = ['mnist-adversarial', 'mnist-small-cnn'].map((name) =>
      accuracy({ graph: read(readFileSync(join(folder, `${name}.onnx`))), weights: [] }, some, attack),
    );
    const [trained, plain] = await Promise.all(sharesOf);
    expect(trained).toBeGreaterThan(0.8);
    expect(plain).toBeLessThan(0.4);
  });

  describe.skipIf(!existsSync(cifar))('of the human study', () => {
    /** The accuracy with one half of the test pictures, and black in place of the other. */
    const withHalf = (name: 'bird-frog-caption' | 'bird-frog-picture', half: 'picture' | 'word') => {
      const held = recipes[name].prepare(cifar).test();
      const network = { graph: read(readFileSync(join(folder, `${name}.onnx`))), weights: [] };
      return accuracy(network, withOnly(held, half), { key: key(0) });
    };
    /** Four standard errors of a share of one half in 1003 are 0.063. */
    const CHANCE = 0.07;

    test('bird-frog-caption tells all classes by the word alone, and none better than by chance from the picture alone', async () => {
      expect(await withHalf('bird-frog-caption', 'word')).toBeGreaterThan(0.99);
      expect(Math.abs((await withHalf('bird-frog-caption', 'picture')) - 0.5)).toBeLessThan(CHANCE);
    });

    test('bird-frog-picture tells at least 95 % of the classes by the picture alone, and none better than by chance from the word alone', async () => {
      expect(await withHalf('bird-frog-picture', 'picture')).toBeGreaterThan(0.95);
      expect(Math.abs((await withHalf('bird-frog-picture', 'word')) - 0.5)).toBeLessThan(CHANCE);
    });
  });

  test('topic-bilstm tells the topic of at least 28 of the 30 shipped sentences', async () => {
    const { found } = await sentencesExplained('gradient');
    const right = found.filter(({ input }) => input.name.startsWith(`${input.prediction?.label}-`));
    expect(found).toHaveLength(30);
    expect(right.length).toBeGreaterThanOrEqual(28);
  });

  test('integrated gradients of the words of a sentence add up to the change of the logit from unknown words to it', async () => {
    const { found, unknown } = await sentencesExplained('integrated-gradients(steps=50, baseline=pad)');
    for (const [i, { input, attributions }] of found.entries()) {
      const [outcome] = attributions;
      if (outcome.status !== 'done') throw new Error(outcome.reason);
      const words = perToken(outcome.value);
      const total = words.reduce((sum, each) => sum + each, outcome.value.residual ?? NaN);
      expect(total).toBeCloseTo(input.value - unknown[i], 3);
    }
  });

  /** Explains the shipped sentences, and gives the explained logit of as many unknown words. */
  async function sentencesExplained(expression: string) {
    const inputs = [join(folder, 'sentences')];
    await using prepared = await prepare(join(folder, 'topic-bilstm.onnx'), { inputs, device: 'cpu' });
    const found = await explainInputs(prepared, { explainers: [make(expression, 'explainer', prepared)] });
    const unknown = [];
    for (const { input } of found) {
      const [words] = input.tensor.shape;
      const ids = { dtype: 'int64', dims: [1, words], data: new BigInt64Array(words) } as const;
      const { logits } = await prepared.model.run({ ids });
      unknown.push(Number(logits.data[Number(input.target)]));
    }
    return { found, unknown };
  }
});

/** Pictures with words of which one half is black. */
function withOnly(examples: Examples, half: 'picture' | 'word'): Examples {
  return {
    ...examples,
    feeds(picked, own) {
      const { picture } = examples.feeds(picked, own);
      const isWord = (i: number) => Math.floor(i / (SIDE * SIDE)) % 2 === 1;
      const kept = (value: number, i: number) => (isWord(i) === (half === 'word') ? value : 0);
      return { picture: { ...picture, data: floats(picture.data).map(kept) } };
    },
  };
}
