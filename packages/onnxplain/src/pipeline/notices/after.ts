import { type Attribution, asBatch, type Explainer, norm, sum } from '@onnxplain/core';
import { formatNumber } from '@onnxplain/report';
import type { Explanation } from '../explain.js';
import { indicesOf, whereOf } from './where.js';

export interface FinishedExplanations {
  readonly explainers: readonly Pick<Explainer, 'expression'>[];
  readonly explanations: readonly Explanation[];
  /** Explainers of which it was said before that they give zeros. */
  readonly flat: readonly string[];
}

/** What notices need to know of an attribution: plain data, without its arrays. */
export interface AttributionFacts {
  /** The share of its numbers that are 0. */
  readonly zeros: number;
  /** Whether all of its several numbers are the same one, not 0. */
  readonly constant: boolean;
  /** Whether it was made of derivatives. */
  readonly derived: boolean;
  /** What is missing of the difference that was to be shared out; absent where the method promises none. */
  readonly gap?: Gap;
}

export function factsOf(attribution: Attribution): AttributionFacts {
  return {
    zeros: zeroShare(attribution),
    constant: isConstant(attribution),
    derived: attribution.cost.backward > 0,
    gap: gapOf(attribution),
  };
}

/** The facts of what came of explaining; undefined where it failed. */
export const factsOfAll = (
  outcomes: Explanation['attributions'],
): readonly (AttributionFacts | undefined)[] =>
  outcomes.map((outcome) => (outcome.status === 'done' ? factsOf(outcome.value) : undefined));

export interface ExplainedFacts {
  readonly explainers: FinishedExplanations['explainers'];
  /** [input][explainer]; undefined where it failed. */
  readonly facts: readonly (readonly (AttributionFacts | undefined)[])[];
  /** Of the inputs. */
  readonly names: readonly string[];
  readonly flat: readonly string[];
}

/** What attributions tell that mean little: a sentence each, about all inputs of the run together. */
export function noticesAfter({ explainers, explanations, flat }: FinishedExplanations): readonly string[] {
  const facts = explanations.map(({ attributions }) => factsOfAll(attributions));
  const names = explanations.map(({ question }) => question.input.name);
  return noticesOfFacts({ explainers, facts, names, flat });
}

/** {@link noticesAfter} for attributions whose arrays are not at hand. */
export function noticesOfFacts({ explainers, facts, names, flat }: ExplainedFacts): readonly string[] {
  return explainers.flatMap(({ expression }, e) => {
    if (flat.includes(expression)) return [];
    const about = { expression, found: facts.map((row) => row[e]), names };
    return [...zeroNotices(about), ...sameNotices(about), ...gapNotices(about)];
  });
}

interface About {
  readonly expression: string;
  /** Of each input; undefined where it failed. */
  readonly found: readonly (AttributionFacts | undefined)[];
  readonly names: readonly string[];
}

/** More zeros than this among the elements are said. */
const ZEROS = 0.99;

function zeroNotices({ expression, found, names }: About): readonly string[] {
  const shares = found.map((each) => each?.zeros ?? 0);
  const all = indicesOf(shares, (share) => share === 1);
  const most = indicesOf(shares, (share) => share > ZEROS && share < 1);
  const derived = found.some((each) => each?.derived === true);
  const remedy = derived
    ? 'f is flat there (a saturated output, dead rectifiers, an input that equals the baseline): explain the logits, try another input or baseline, or use occlusion or optimal'
    : 'nothing that was tried changed f: look at the target, the baseline and the size of the perturbation';
  return [
    ...(all.length === 0 ? [] : [`${expression}: all attributions are 0 ${whereOf(all, names)}; ${remedy}`]),
    ...(most.length === 0 || !derived
      ? []
      : [`${expression}: more than 99 % of the attributions are 0 ${whereOf(most, names)}; ${remedy}`]),
  ];
}

function zeroShare({ values: { data } }: Attribution): number {
  let zeros = 0;
  for (const value of data) if (value === 0) zeros++;
  return zeros / data.length;
}

function sameNotices({ expression, found, names }: About): readonly string[] {
  const same = indicesOf(found, (each) => each?.constant === true);
  if (same.length === 0) return [];
  return [
    `${expression}: all elements have the same attribution ${whereOf(same, names)}, which ranks nothing; look at the size of the windows or features, and at the model's weights`,
  ];
}

/** The same number, not 0, for every element of several. */
function isConstant({ values: { data } }: Attribution): boolean {
  return data.length > 1 && data[0] !== 0 && data.every((value) => value === data[0]);
}

/** A method that promises to share out a difference, how much of it may be missing, and what to do. */
interface Promised {
  readonly difference: string;
  readonly tolerance: number;
  readonly remedy: string;
}

const PROMISES: Readonly<Record<string, Promised>> = {
  'integrated-gradients': {
    difference: 'f(x) - f(baseline)',
    tolerance: 0.1,
    remedy:
      'take more steps (steps=...); where f jumps or is saturated on the way, more steps do not help: explain the logits, or use occlusion or optimal',
  },
  'deep-lift': {
    difference: 'f(x) - f(baseline)',
    tolerance: 0.1,
    remedy: 'explain the logits, before a softmax or normalisation, or use integrated-gradients',
  },
  lrp: {
    difference: 'f(x)',
    tolerance: 0.5,
    remedy:
      'biases, stabilisers and attention keep relevance: try another rule, or deep-lift or integrated-gradients',
  },
};

function gapNotices({ expression, found, names }: About): readonly string[] {
  const name = expression.replace(/\(.*/s, '');
  if (!Object.hasOwn(PROMISES, name)) return [];
  const { difference, tolerance, remedy } = PROMISES[name];
  const gaps = found.map((each) => (each === undefined || each.zeros === 1 ? undefined : each.gap));
  const at = indicesOf(gaps, (gap) => gap !== undefined && isGap(gap, tolerance));
  const first = gaps[at[0]];
  if (first === undefined) return [];
  const { missing, whole } = first;
  const share = whole === 0 ? '' : ` (${Math.round((100 * Math.abs(missing)) / Math.abs(whole))} %)`;
  return [
    `${expression}: the attributions miss ${formatNumber(missing)} of ${difference} = ${formatNumber(whole)}${share} ${whereOf(at, names)}; ${remedy}`,
  ];
}

export interface Gap {
  readonly missing: number;
  /** What was to be shared out. */
  readonly whole: number;
  /** Size of the numbers that were added up. */
  readonly size: number;
}

function gapOf({ residual, values }: Attribution): Gap | undefined {
  if (residual === undefined) return undefined;
  return { missing: residual, whole: residual + sum(values), size: norm(values, 'l1') };
}

/** Rounding of the sum is no gap. */
const isGap = ({ missing, whole, size }: Gap, tolerance: number): boolean =>
  Math.abs(missing) > tolerance * Math.abs(whole) &&
  Math.abs(missing) > 1e-5 * Math.max(size, Math.abs(whole));

/** Two runs of one input that differ by more than this, relative to the larger, are said. */
const REPEATS = 1e-3;

/** What is said where a second run of the first input gives another f. Costs one row. */
export async function repeatNotices([first]: readonly Pick<Explanation, 'question'>[]): Promise<
  readonly string[]
> {
  if (first === undefined || !Number.isFinite(first.question.value)) return [];
  const { f, input, value } = first.question;
  const [again] = await f.value(asBatch(input.tensor));
  const gap = Math.abs(again - value);
  if (gap <= REPEATS * Math.max(Math.abs(again), Math.abs(value))) return [];
  return [
    `two runs of "${input.name}" gave f = ${formatNumber(value)} and ${formatNumber(again)}: the model is random, and no result can be repeated; export it in inference mode`,
  ];
}
