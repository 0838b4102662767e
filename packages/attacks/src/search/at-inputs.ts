import { type Batch, type ClassScores, marginsOf, type Score, type Tensor } from '@onnxplain/core';

/** What a score says at the inputs, before any search. */
export interface AtInputs {
  /** Margin of each input. */
  readonly margins: Float64Array;
  /** 1 for inputs whose margin was the same when it was evaluated again. */
  readonly isDeterministic: Uint8Array;
  /** 1 for inputs at which the class has all the probability that float32 can tell: the others have less than 2^-24 each. */
  readonly isSaturated: Uint8Array;
  /** The class scores of the margin, where it has some and its numbers are those that they give. */
  readonly classes: ClassScores | undefined;
  /** For each input, how far below 0 a margin must be, so that rounding cannot change its sign. */
  readonly slack: Float64Array;
  /** How often each input was evaluated. */
  readonly evaluations: number;
}

/**
 * Rounding of a margin in float32, in units of the largest number that it is made of. A point counts as found where its margin is below 0
 * by more than that, so that it is below 0 too where the point is evaluated again in a batch of another size.
 */
const ROUNDING = 2 ** -18;

/** How many times the difference of two evaluations of one input counts as noise, where they differ. */
const NOISE = 10;

/** A share of the probability that float32 does not tell from 0, beside 1. */
const UNSEEN = 2 ** -24;

/** Evaluates the margin of every input twice, and the numbers of its classes where the score has them. */
export async function atInputs(margin: Score, inputs: Batch): Promise<AtInputs> {
  const margins = Float64Array.from(await margin.value(inputs));
  const again = await margin.value(inputs);
  const numbers = await margin.classes?.values(inputs);
  const scales = numbers === undefined ? margins.map(Math.abs) : largestOf(numbers);
  const slack = scales.map((scale, i) => ROUNDING * scale + NOISE * Math.abs(again[i] - margins[i]));
  const byClasses = numbers && margin.classes && marginsOf(numbers, margin.classes);
  const agrees = byClasses?.every((value, i) => Math.abs(value - margins[i]) <= 100 * slack[i]) ?? false;
  const limit = numbers !== undefined && areProbabilities(numbers) ? 1 - UNSEEN : -Math.log(UNSEEN);
  return {
    margins,
    isDeterministic: Uint8Array.from(margins, (value, i) => Number(Object.is(value, again[i]))),
    isSaturated: Uint8Array.from(margins, (value) => Number(numbers !== undefined && value > limit)),
    classes: agrees ? margin.classes : undefined,
    slack,
    evaluations: numbers === undefined ? 2 : 3,
  };
}

function largestOf({ shape: [n, count], data }: Tensor): Float64Array {
  const largest = new Float64Array(n);
  for (let i = 0; i < data.length; i++) {
    const row = Math.floor(i / count);
    largest[row] = Math.max(largest[row], Math.abs(data[i]));
  }
  return largest;
}

/** Whether all numbers are from 0 to 1 and those of every row add up to 1. */
function areProbabilities({ shape: [n, count], data }: Tensor): boolean {
  const sums = new Float64Array(n);
  for (let i = 0; i < data.length; i++) {
    if (!(data[i] >= 0 && data[i] <= 1)) return false;
    sums[Math.floor(i / count)] += data[i];
  }
  return sums.every((sum) => Math.abs(sum - 1) < 1e-3);
}
