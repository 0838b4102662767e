import { type DrawnWeights, key, type Score, stream, type Tensor, tensor } from '@onnxplain/core';
import { randomiseWeights, write } from '@onnxplain/graph';
import { expect, onTestFinished, test } from 'vitest';
import { linear } from '../../test/models.js';
import type { Model } from '../model/model.js';
import { open } from '../model/open.js';
import { score } from './score.js';

async function opened(bytes: Uint8Array): Promise<Model> {
  const model = await open(bytes, { device: 'cpu' });
  onTestFinished(() => model.close());
  return model;
}

const rows = tensor(new Float32Array(12), [4, 3]);
stream(key(1)).fillNormal(rows.data);

const weightsOf = (seed: number): DrawnWeights => ({ layers: 1, draw: 'normal', key: key(seed) });

/** Value, gradient, class values and margin of a score at the rows. */
async function numbersOf(f: Score): Promise<readonly ArrayLike<number>[]> {
  const margin = await f.with?.({ link: 'margin' });
  const classes = (await f.classes?.values(rows)) as Tensor;
  return [
    await f.value(rows),
    (await f.gradient(rows)).data,
    classes.data,
    (await margin?.value(rows)) ?? [],
  ];
}

test('a score with drawn weights is that of the model with these weights, and keeps them under another link', async () => {
  const model = await opened(write(linear()));
  const f = await score(model, { target: 1 });
  const before = await numbersOf(f);
  for (const seed of [2, 3]) {
    const other = await opened(write(randomiseWeights(model.graph, weightsOf(seed))));
    const drawn = await f.with?.({ weights: weightsOf(seed) });
    if (drawn === undefined) throw new Error('no other score');
    const truth = await numbersOf(await score(other, { target: 1 }));
    expect(await numbersOf(drawn)).toEqual(truth);
    expect(truth).not.toEqual(before);
  }
  expect(await numbersOf(f)).toEqual(before);
});

test('weights that are drawn again replace those of the first draw', async () => {
  const f = await score(await opened(write(linear())), { target: 0 });
  const once = await f.with?.({ weights: weightsOf(5) });
  const first = await f.with?.({ weights: { ...weightsOf(4), draw: 'permuted' } });
  const twice = await first?.with?.({ weights: weightsOf(5) });
  if (once === undefined || twice === undefined) throw new Error('no other score');
  expect(await numbersOf(twice)).toEqual(await numbersOf(once));
});

test('more layers than the model has are refused', async () => {
  const f = await score(await opened(write(linear())), { target: 0 });
  await expect(f.with?.({ weights: { ...weightsOf(1), layers: 2 } })).rejects.toMatchObject({
    code: 'not-applicable',
  });
});
