import { type Attribution, type Explainer, norm, own, sum } from '@onnxplain/core';
import { formatNumber } from '@onnxplain/report';
import type { ScoredInput } from '../query/score-inputs.js';
import type { Outcome } from '../run/outcome.js';
import { indicesOf, whereOf } from './text.js';

/** The properties of an attribution that notices depend on, without its arrays. */
export interface AttributionFacts {
  /** The share of its elements that are 0. */
  readonly zeros: number;
  /** Whether it has several elements, all with the same number, which is not 0. */
  readonly constant: boolean;
  /** Whether the method used derivatives. */
  readonly derivatives: boolean;
  /** By how much the attributions miss the number that they should add up to; absent where the method promises no sum. */
  readonly gap?: Gap;
}

export function factsOf(attribution: Attribution): AttributionFacts {
  return {
    zeros: zeroShare(attribution),
    constant: isConstant(attribution),
    derivatives: attribution.cost.backward > 0,
    gap: gapOf(attribution),
  };
}

/** The facts of the attributions of one input; undefined where the explainer failed. */
export const factsOfAll = (
  outcomes: readonly Outcome<Attribution>[],
): readonly (AttributionFacts | undefined)[] =>
  outcomes.map((outcome) => (outcome.status === 'done' ? factsOf(outcome.value) : undefined));

/** The facts of all attributions of a run. */
export interface AttributionTable {
  readonly explainers: readonly Pick<Explainer, 'expression'>[];
  /** [input][explainer]; undefined where the explainer failed. */
  readonly facts: readonly (readonly (AttributionFacts | undefined)[])[];
  /** The names of the inputs. */
  readonly names: readonly string[];
  /** Expressions of explainers that are known to give zeros. They get no further notice. */
  readonly flat: readonly string[];
}

/** Warns of attributions that mean little. Returns one sentence for each explainer and reason, which covers all inputs. */
export function attributionNotices({ explainers, facts, names, flat }: AttributionTable): readonly string[] {
  return explainers.flatMap(({ expression }, e) => {
    if (flat.includes(expression)) return [];
    const ofExplainer = { expression, found: facts.map((row) => row[e]), names };
    return [...zeroNotices(ofExplainer), ...sameNotices(ofExplainer), ...gapNotices(ofExplainer)];
  });
}

interface ExplainerFacts {
  readonly expression: string;
  /** The facts for each input; undefined where the explainer failed. */
  readonly found: readonly (AttributionFacts | undefined)[];
  readonly names: readonly string[];
}

/** A share of zeros above this gives a notice. */
const ZEROS = 0.99;

function zeroNotices({ expression, found, names }: ExplainerFacts): readonly string[] {
  const shares = found.map((each) => each?.zeros ?? 0);
  const all = indicesOf(shares, (share) => share === 1);
  const most = indicesOf(shares, (share) => share > ZEROS && share < 1);
  const derivatives = found.some((each) => each?.derivatives === true);
  const remedy = derivatives
    ? 'f is flat there (a saturated output, dead rectifiers, an input that equals the baseline): explain the logits, try another input or baseline, or use occlusion or optimal'
    : 'no perturbation changed f: look at the target, the baseline and the size of the perturbation';
  return [
    ...(all.length === 0 ? [] : [`${expression}: all attributions are 0 ${whereOf(all, names)}; ${remedy}`]),
    ...(most.length === 0 || !derivatives
      ? []
      : [`${expression}: more than 99 % of the attributions are 0 ${whereOf(most, names)}; ${remedy}`]),
  ];
}

function zeroShare({ values: { data } }: Attribution): number {
  let zeros = 0;
  for (const value of data) if (value === 0) zeros++;
  return zeros / data.length;
}

function sameNotices({ expression, found, names }: ExplainerFacts): readonly string[] {
  const same = indicesOf(found, (each) => each?.constant === true);
  if (same.length === 0) return [];
  return [
    `${expression}: all elements have the same attribution ${whereOf(same, names)}, which ranks nothing; look at the size of the windows or features, and at the model's weights`,
  ];
}

function isConstant({ values: { data } }: Attribution): boolean {
  return data.length > 1 && data[0] !== 0 && data.every((value) => value === data[0]);
}

/** The number that the attributions of a method should add up to, the share of it that they may miss, and what to do if they miss more. */
interface Completeness {
  readonly difference: string;
  readonly tolerance: number;
  readonly remedy: string;
}

const COMPLETE: Readonly<Record<string, Completeness>> = {
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

function gapNotices({ expression, found, names }: ExplainerFacts): readonly string[] {
  const name = expression.replace(/\(.*/s, '');
  const complete = own(COMPLETE, name);
  if (complete === undefined) return [];
  const { difference, tolerance, remedy } = complete;
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
  /** The number that the attributions should add up to. */
  readonly whole: number;
  /** The sum of the absolute attributions. */
  readonly size: number;
}

function gapOf({ residual, values }: Attribution): Gap | undefined {
  if (residual === undefined) return undefined;
  return { missing: residual, whole: residual + sum(values), size: norm(values, 'l1') };
}

/** Whether a gap exceeds both the tolerance and rounding errors. */
const isGap = ({ missing, whole, size }: Gap, tolerance: number): boolean =>
  Math.abs(missing) > tolerance * Math.abs(whole) &&
  Math.abs(missing) > 1e-5 * Math.max(size, Math.abs(whole));

/** A difference between two values of f above this, relative to the larger one, gives a notice. */
const REPEATS = 1e-3;

/** Warns if a second run of an input gave another value of f. */
export function repeatNotices(
  { name, value }: Pick<ScoredInput, 'name' | 'value'>,
  again: number,
): readonly string[] {
  if (!Number.isFinite(value)) return [];
  const gap = Math.abs(again - value);
  if (gap <= REPEATS * Math.max(Math.abs(again), Math.abs(value))) return [];
  return [
    `two runs of "${name}" gave f = ${formatNumber(value)} and ${formatNumber(again)}: the model is random, and no result can be repeated; export it in inference mode`,
  ];
}
