import type { OutputKind } from '@onnxplain/graph';
import type { ClassRecord, PredictionRecord } from '@onnxplain/report';
import type { OutputMeaning } from '@onnxplain/runtime';
import type { ClassLabels } from './query.js';

const TOP = 5;

/** Returns the probabilities of one row of an output; undefined where it is not known what its numbers are. */
export function probabilitiesOf(
  numbers: ArrayLike<number>,
  holds: OutputMeaning['holds'],
): readonly number[] | undefined {
  return isHeld(holds) ? PROBABILITIES[holds](Array.from(numbers)) : undefined;
}

const isHeld = (holds: OutputMeaning['holds']): holds is OutputKind => holds in PROBABILITIES;

const PROBABILITIES: Readonly<Record<OutputKind, (numbers: readonly number[]) => readonly number[]>> = {
  probabilities: (numbers) => numbers,
  'log-probabilities': (numbers) => numbers.map(Math.exp),
  logits(numbers) {
    const largest = numbers.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
    const exponentials = numbers.map((z) => Math.exp(z - largest));
    const sum = exponentials.reduce((a, b) => a + b, 0);
    return exponentials.map((each) => each / sum);
  },
};

/** How the record names the way in which probabilities were made. */
const SOURCES: Readonly<Record<OutputKind, NonNullable<PredictionRecord['probabilities']>>> = {
  logits: 'softmax',
  probabilities: 'output',
  'log-probabilities': 'exponential',
};

interface TopOptions {
  readonly holds: OutputMeaning['holds'];
  readonly labels?: ClassLabels;
}

/** Returns the five classes with the largest numbers, the largest first; of equal ones the first. */
export function topOf(
  numbers: ArrayLike<number>,
  { holds, labels }: TopOptions,
): Pick<PredictionRecord, 'top' | 'probabilities'> {
  const probabilities = probabilitiesOf(numbers, holds);
  const top: readonly ClassRecord[] = Array.from({ length: numbers.length }, (_, k) => k)
    .sort((a, b) => numbers[b] - numbers[a] || a - b)
    .slice(0, TOP)
    .map((k) => ({ class: k, label: labels?.get(k), output: numbers[k], probability: probabilities?.[k] }));
  return { top, probabilities: isHeld(holds) ? SOURCES[holds] : undefined };
}
