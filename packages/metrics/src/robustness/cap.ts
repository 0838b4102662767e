import { norm, type Score, type Tensor, tensor } from '@onnxplain/core';
import type { CriterionSettings } from './options.js';

type Cap = 'box' | 'input' | 'none' | number;

const capIn = ({ cap, preset }: CriterionSettings): Cap => cap ?? (preset === 'paper' ? 'box' : 'input');

/** The greatest norm that counts; Infinity where there is none. */
export function capOf(
  settings: CriterionSettings,
  { margin, x }: { readonly margin: Score; readonly x: Tensor },
): number {
  const cap = capIn(settings);
  const { norm: order } = settings.attack;
  if (cap === 'none') return Number.POSITIVE_INFINITY;
  if (cap === 'input') return norm(x, order);
  return cap === 'box' ? norm(largestChange(x, margin.bounds), order) : cap;
}

/** How far each element can move within the bounds. */
const largestChange = (x: Tensor, [low, high]: Score['bounds']): Tensor =>
  tensor(
    Float64Array.from(x.data, (value) => Math.max(value - low, high - value, 0)),
    x.shape,
  );

const described: Readonly<Record<Exclude<Cap, number>, string>> = {
  box: 'the norm of the largest change within the bounds; without bounds, a set without a perturbation makes the number censored',
  input: 'the norm of the input',
  none: 'none: a set without a perturbation makes the number censored',
};

/** How a definition describes the cap. */
export function capDefinition(settings: CriterionSettings): Readonly<Record<string, string>> {
  const cap = capIn(settings);
  const text = typeof cap === 'number' ? `${cap}` : described[cap];
  return { cap: cap === 'none' ? text : `${text}; a set without a perturbation counts as the cap` };
}
