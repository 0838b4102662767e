import { fold, type Key, stream } from '@onnxplain/core';
import type { Preset, StepSettings } from './options.js';
import { openOf } from './subsets.js';

/** A number for each feature. Those of features that were chosen before have no meaning. */
export interface StepNumbers {
  /** The higher, the earlier a feature is chosen. */
  readonly values: Float64Array;
  readonly stderr?: Float64Array;
}

/** Features that one step chose, with their numbers. */
interface Step extends StepNumbers {
  readonly members: readonly number[];
}

/**
 * Chooses features in steps. Each step asks `numbersOf` for numbers, given which features are chosen (1) and the key of the step, and
 * takes those of the highest numbers, in a random order where numbers are equal. After k steps the fraction k·step of the features is
 * chosen, rounded down, and `stop` at the end.
 *
 * With preset 'paper' the value of a feature is its number in the step that chose it, plus a constant of that step which puts the step
 * above all later ones; features that were never chosen have their number in the last step. So the standard error of a value is that of
 * its number. With 'paper-code' the value is the number of steps that were left: equal within a step, 0 for features never chosen.
 */
export async function chooseInSteps(
  count: number,
  { step, stop, preset, key }: StepSettings & { readonly preset: Preset; readonly key: Key },
  numbersOf: (chosen: Uint8Array, key: Key) => Promise<StepNumbers>,
): Promise<StepNumbers> {
  const chosen = new Uint8Array(count);
  const steps: Step[] = [];
  let taken = 0;
  for (const end of endsOf(count, { step, stop })) {
    const own = fold(key, steps.length);
    const numbers = await numbersOf(chosen.slice(), own);
    const members = inOrder(numbers.values, openOf(chosen), fold(own, 'ties')).slice(0, end - taken);
    for (const feature of members) chosen[feature] = 1;
    steps.push({ ...numbers, members });
    taken = end;
  }
  return preset === 'paper' ? stacked(steps, openOf(chosen)) : counted(steps, count);
}

/** How many features are chosen after each step. Each step chooses at least one. */
export function endsOf(count: number, { step, stop }: StepSettings): readonly number[] {
  // A product of decimal fractions may be below the whole number that it stands for by its rounding.
  const floor = (fraction: number) => Math.floor(fraction * count + 1e-9);
  const last = Math.max(1, floor(stop));
  const ends: number[] = [];
  for (let k = 1; floor(k * step) < last; k++) {
    const end = floor(k * step);
    if (end > (ends.at(-1) ?? 0)) ends.push(end);
  }
  return [...ends, last];
}

function inOrder(values: Float64Array, open: readonly number[], key: Key): readonly number[] {
  const random = stream(key);
  const ties = new Map(open.map((feature) => [feature, random.uniform()]));
  const tie = (feature: number) => ties.get(feature) ?? 0;
  return [...open].sort((a, b) => values[b] - values[a] || tie(a) - tie(b));
}

function stacked(steps: readonly Step[], rest: readonly number[]): StepNumbers {
  const last = steps[steps.length - 1];
  const values = last.values.slice();
  const sampled = steps.some(({ stderr }) => stderr !== undefined);
  // Where all subsets were taken there is no sampling error.
  const stderr = last.stderr?.slice() ?? new Float64Array(values.length);
  let top = rest.reduce((most, feature) => Math.max(most, values[feature]), Number.NEGATIVE_INFINITY);
  for (const step of [...steps].reverse()) {
    const numbers = step.members.map((feature) => step.values[feature]);
    const [least, greatest] = [Math.min(...numbers), Math.max(...numbers)];
    const above = least > top || step === last ? 0 : top - least + (greatest - least || 1);
    for (const feature of step.members) {
      values[feature] = step.values[feature] + above;
      stderr[feature] = step.stderr?.[feature] ?? 0;
    }
    top = greatest + above;
  }
  return { values, ...(sampled && { stderr }) };
}

function counted(steps: readonly Step[], count: number): StepNumbers {
  const values = new Float64Array(count);
  steps.forEach(({ members }, i) => {
    for (const feature of members) values[feature] = steps.length - i;
  });
  return { values };
}
