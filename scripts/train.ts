/**
 * Trains a model of `models/` in Node, by the project's own gradient graphs: `npx --yes pnpm@12 train [MODEL]`, by default mnist-cnn. Prints
 * a line per epoch and the accuracy on examples that training never sees, and writes the model and its card.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { fail, fold, key } from '@onnxplain/core';
import { type Card, cardPath } from '@onnxplain/files';
import { write } from '@onnxplain/graph';
import { accuracy } from './train/accuracy.js';
import { fileCheckpoint } from './train/checkpoint.js';
import { foldWeights } from './train/network.js';
import { cosine } from './train/optimisers.js';
import { type RecipeName, recipes } from './train/recipes/index.js';
import { train } from './train/train.js';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    data: { type: 'string' },
    out: { type: 'string' },
    epochs: { type: 'string' },
    batch: { type: 'string' },
    rate: { type: 'string' },
    seed: { type: 'string', default: '0' },
    threads: { type: 'string' },
    checkpoint: { type: 'string' },
  },
});

function recipeNamed(name: string) {
  if (Object.hasOwn(recipes, name)) return recipes[name as RecipeName];
  return fail({
    code: 'name-unknown',
    where: 'train',
    expected: `one of ${Object.keys(recipes).join(', ')}`,
    got: name,
  });
}

/** Writes a card with a field a line. */
function textOf(card: Card): string {
  const fields = Object.entries(card).map(
    ([field, value]) => `  ${JSON.stringify(field)}: ${JSON.stringify(value)}`,
  );
  return `{\n${fields.join(',\n')}\n}\n`;
}

/** The command that makes the same model again. A folder of data is named FOLDER: it differs between machines. */
function commandOf(name: string): string {
  const { data, out: _out, threads: _threads, checkpoint: _checkpoint, ...changed } = given;
  const options = Object.entries({ ...(data && { data: 'FOLDER' }), ...changed });
  const shown = options.flatMap(([option, value]) => (value === '0' ? [] : [`--${option} ${value}`]));
  return ['npx --yes pnpm@12 train', name, ...shown].join(' ');
}

const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));

const [name = 'mnist-cnn'] = positionals;
const recipe = recipeNamed(name);
const { out = join(import.meta.dirname, `../models/${name}.onnx`) } = given;
const epochs = number(given.epochs) ?? recipe.epochs;
const batch = number(given.batch) ?? recipe.batch;
const [seed, rate] = [Number(given.seed), number(given.rate) ?? recipe.rate];
const run = `${name}, seed ${seed}: ${epochs} epochs of batches of ${batch}, rate ${rate}`;
const { training, test, network, files = {} } = recipe.prepare(given.data);
const trained = await train(network(fold(key(seed), 'weights')), {
  examples: training(),
  optimiser: recipe.optimiser,
  rate: cosine(rate, recipe),
  smoothing: recipe.smoothing,
  epochs,
  batch,
  averaging: recipe.averaging,
  adversary: recipe.adversary,
  threads: number(given.threads),
  key: fold(key(seed), 'order'),
  checkpoint: given.checkpoint === undefined ? undefined : fileCheckpoint(given.checkpoint, run),
  report: ({ epoch, loss, seconds }) => {
    const left = (seconds / epoch) * (epochs - epoch);
    console.log(
      `epoch ${epoch}: mean cross entropy ${loss.toFixed(4)}, ${seconds.toFixed(0)} s, about ${left.toFixed(0)} s left`,
    );
  },
});
const held = test();
const share = await accuracy(trained, held, { key: key(seed) });
const file = write(foldWeights(trained));
const card = {
  ...recipe.card,
  training: {
    data: recipe.data,
    accuracy: share,
    seed,
    command: commandOf(name),
  },
};
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, file);
writeFileSync(cardPath(out), textOf(card));
for (const [own, content] of Object.entries(files)) writeFileSync(join(dirname(out), own), content);
console.log(
  `${basename(out)}: ${file.length} bytes, ${(100 * share).toFixed(2)} % of ${held.labels.length} test examples right`,
);
if (recipe.adversary !== undefined) {
  const attacked = await accuracy(trained, held, {
    key: key(seed),
    adversary: { ...recipe.adversary, steps: 20 },
  });
  console.log(
    `${(100 * attacked).toFixed(2)} % right after 20 steps of projected gradient descent within ${recipe.adversary.radius}`,
  );
}
