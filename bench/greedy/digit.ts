import {
  type Attribution,
  featureValues,
  type Key,
  row,
  type Score,
  type Tensor,
  tensor,
} from '@onnxplain/core';
import { type Model, ortSeconds, score } from '@onnxplain/runtime';
import { makeExplainer } from 'onnxplain/pipeline';
import { imageRows, packagedDigits, readDigits } from '../../scripts/idx.js';

const digits = readDigits(packagedDigits(), 't10k');

/** A test digit with the score of its class. */
export interface Digit {
  readonly x: Tensor;
  readonly f: Score;
}

/** The first test digits that the model classifies correctly. */
export async function firstDigits(model: Model, count: number): Promise<readonly Digit[]> {
  const found: Digit[] = [];
  for (let i = 0; found.length < count; i++) {
    const x = row(tensor(imageRows(digits, i, i + 1), [1, 1, 28, 28]), 0);
    const f = await score(model, { target: digits.labels[i] });
    const margin = await f.with?.({ link: 'margin' });
    const [value = 0] = (await margin?.value({ shape: [1, ...x.shape], data: x.data })) ?? [];
    if (value > 0) found.push({ x, f });
  }
  return found;
}

/** An explanation and what it took. */
export interface Explained {
  readonly attribution: Attribution;
  readonly seconds: number;
  /** Seconds of all cores. */
  readonly cpu: number;
  /** Seconds inside ONNX Runtime. */
  readonly inside: number;
}

const cpuSeconds = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

export async function explain(expression: string, { x, f }: Digit, key: Key): Promise<Explained> {
  const explainer = makeExplainer(expression);
  const [started, before, spent] = [performance.now(), ortSeconds(), cpuSeconds()];
  const attribution = await explainer(f, x, key);
  return {
    attribution,
    seconds: (performance.now() - started) / 1000,
    cpu: cpuSeconds() - spent,
    inside: ortSeconds() - before,
  };
}

/** How many of the first `top` share of the features two rankings have in common. */
export function shared(one: Attribution, other: Attribution, top: number): number {
  const [a, b] = [firstOf(one, top), firstOf(other, top)];
  return [...a].filter((feature) => b.has(feature)).length;
}

function firstOf(attribution: Attribution, top: number): ReadonlySet<number> {
  const numbers = featureValues(attribution);
  const order = [...numbers.keys()].sort((a, b) => numbers[b] - numbers[a]);
  return new Set(order.slice(0, Math.floor(top * numbers.length)));
}
