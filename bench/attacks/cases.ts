/** Sets of pixels of test digits that may change. */
import {
  asBatch,
  elementFeatures,
  type FreeSets,
  fold,
  key,
  row,
  type Score,
  stream,
  type Tensor,
  tensor,
} from '@onnxplain/core';
import { type Model, score } from '@onnxplain/runtime';
import { imageRows, packagedDigits, readDigits } from '../../scripts/idx.js';

export interface AttackCase {
  /** The margin of the class that the model gives the digit. */
  readonly margin: Score;
  readonly input: Tensor;
  readonly sets: FreeSets;
}

/**
 * The first test digits in the box [0, 1], each with sets of these sizes in percent by a random ranking and by the gradient of its logit, and complements.
 */
export async function digitCases(
  model: Model,
  { digits, sizes }: { readonly digits: number; readonly sizes: readonly number[] },
): Promise<readonly AttackCase[]> {
  const images = tensor(imageRows(readDigits(packagedDigits(), 't10k'), 0, digits), [digits, 1, 28, 28]);
  const cases: AttackCase[] = [];
  for (let i = 0; i < digits; i++) {
    const input = asBatch(row(images, i));
    const logit = await score(model, { target: await classOf(model, input), bounds: [0, 1] });
    const slopes = (await logit.gradient(input)).data.map(Math.abs);
    const random = new Float64Array(slopes.length);
    stream(fold(key(0), i)).fillUniform(random, 0, 1);
    const margin = await logit.with?.({ link: 'margin' });
    if (margin === undefined) throw new Error('the model has no margins');
    cases.push({ margin, input, sets: setsBy([random, slopes], sizes) });
  }
  return cases;
}

async function classOf(model: Model, input: Tensor): Promise<number> {
  const scores = await Promise.all(Array.from({ length: 10 }, (_, target) => score(model, { target })));
  const logits = await Promise.all(scores.map(async (f) => (await f.value(input))[0]));
  return logits.indexOf(Math.max(...logits));
}

function setsBy(rankings: readonly ArrayLike<number>[], sizes: readonly number[]): FreeSets {
  const d = rankings[0].length;
  const marks = rankings.flatMap((ranking) => {
    const order = Array.from(ranking, (_, j) => j).sort((a, b) => ranking[b] - ranking[a]);
    return sizes.flatMap((size) => {
      const top = new Uint8Array(d);
      for (const j of order.slice(0, Math.floor((size * d) / 100))) top[j] = 1;
      return [top, top.map((mark) => 1 - mark)];
    });
  });
  const free = new Uint8Array(marks.length * d);
  marks.forEach((each, set) => {
    free.set(each, set * d);
  });
  return { features: elementFeatures([d]), free, input: new Int32Array(marks.length) };
}
