import { fold, type Key } from '@onnxplain/core';
import { write } from '@onnxplain/graph';
import { open } from '@onnxplain/runtime';
import { type AdversaryOptions, adversary } from './adversary.js';
import { batches, type Examples } from './examples.js';
import { floats, labelled, weightFeeds } from './feeds.js';
import { type Network, weightsOf } from './network.js';

export interface AccuracyOptions {
  /** Of random changes of the inputs, by the examples or by the adversary. */
  readonly key: Key;
  /** Attacks the inputs first. Default: none. */
  readonly adversary?: AdversaryOptions;
}

const ROWS = 500;

/** Returns the share of examples whose largest output is that of their class. */
export async function accuracy(
  network: Network,
  examples: Examples,
  { key, adversary: attack }: AccuracyOptions,
): Promise<number> {
  await using model = await open(write(network.graph), { device: 'cpu' });
  await using opponent = attack && (await adversary(network, attack));
  const weights = weightFeeds(network, weightsOf(network));
  const [{ name: input }] = model.inputs;
  const [{ name: output }] = model.outputs;
  let right = 0;
  for (const [i, picked] of batches(examples, ROWS, key).entries()) {
    const own = fold(key, i);
    const feeds = labelled(examples, picked, own);
    const { [input]: used } =
      (await opponent?.attack({ ...feeds, ...weights }, { key: own, strength: 1 })) ?? feeds;
    const logits = floats((await model.run({ [input]: used }))[output].data);
    right += picked.filter(
      (index, row) => best(logits, { row, of: picked.length }) === examples.labels[index],
    ).length;
  }
  return right / examples.labels.length;
}

/** Returns the class with the largest output of a row. */
function best(logits: Float32Array, { row, of }: { readonly row: number; readonly of: number }): number {
  const count = logits.length / of;
  const scores = logits.subarray(row * count, (row + 1) * count);
  return scores.indexOf(Math.max(...scores));
}
