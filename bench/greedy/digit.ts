import {
  type Attribution,
  type Explainer,
  featureValues,
  type Key,
  row,
  type Score,
  type Tensor,
  tensor,
} from '@onnxplain/core';
import { greedyAs } from '@onnxplain/explainers';
import { type Model, ortSeconds, score } from '@onnxplain/runtime';
import { make } from 'onnxplain';
import { makeExplainer } from 'onnxplain/pipeline';
import { imageRows, packagedDigits, readDigits } from '../../scripts/idx.js';
import { noteNorms } from './norms.js';

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

/** Explains a digit by an expression. */
export const explain = (expression: string, digit: Digit, key: Key): Promise<Explained> =>
  timed(makeExplainer(expression), digit, key);

/** What `greedy-as` is asked for, with expressions of its attack and of that of the pilots. */
export interface Asked {
  readonly attack: string;
  readonly pilots: string;
  readonly subsets: number;
  readonly stop: number;
}

/** Explains a digit by `greedy-as`, and gives the mean norm over the subsets of the first step. */
export async function explainNoted(
  { attack, pilots, ...rest }: Asked,
  digit: Digit,
  key: Key,
): Promise<Explained & { readonly meanNorm: number }> {
  const noted = noteNorms(make(attack, 'attack'), rest.subsets - 1);
  const explainer = greedyAs(noted.attack, { pilots: make(pilots, 'attack'), ...rest });
  return { ...(await timed(explainer, digit, key)), meanNorm: noted.meanNorm() };
}

async function timed(explainer: Explainer, { x, f }: Digit, key: Key): Promise<Explained> {
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
