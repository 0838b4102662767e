import type { Interval } from '@onnxplain/core';
import type { Numbered } from './numbers.js';
import type { Standing } from './record.js';

/** An explainer in a comparison. */
export interface Contender {
  readonly explainer: number;
  /** Whether it is a control, which can be neither best nor tied. */
  readonly control?: boolean;
  readonly numbers: readonly Numbered[];
}

/** A comparison: the explainer with the best mean, and for each other one the interval of its difference to the leader. */
export interface Contest {
  readonly leader: Contender;
  readonly others: readonly (Contender & { readonly interval: Interval | undefined })[];
  readonly better: 'lower' | 'higher';
}

/** Relative difference up to which numbers count as equal: a few roundings of float32 (6e-8 each). */
const ROUNDING = 2 ** -20;

/**
 * Returns the standing of each explainer. An explainer with the leader's numbers on every input is tied with it, unless it is a control.
 * Another one is behind if the interval of its difference is on the worse side of 0, else undecided. If any is undecided, so are the
 * leader and those tied with it: only explainers that are better than all controls can be best.
 */
export function standings({ leader, others, better }: Contest): ReadonlyMap<number, Standing> {
  const tied = others.filter((other) => !other.control && isTie(other.numbers, leader.numbers));
  const notTied = others.filter((other) => !tied.includes(other));
  const found = new Map<number, Standing>();
  for (const { explainer, interval } of notTied) {
    found.set(explainer, isWorse(interval, better) ? 'behind' : 'undecided');
  }
  const decided = notTied.every(({ explainer }) => found.get(explainer) === 'behind');
  const first = decided ? (tied.length > 0 ? 'tied' : 'best') : 'undecided';
  for (const { explainer } of [leader, ...tied]) found.set(explainer, first);
  return found;
}

function isWorse(interval: Interval | undefined, better: 'lower' | 'higher'): boolean {
  if (interval === undefined) return false;
  return better === 'lower' ? interval.low > 0 : interval.high < 0;
}

/** Whether two explainers have numbers for the same inputs, which are equal up to rounding. */
function isTie(a: readonly Numbered[], b: readonly Numbered[]): boolean {
  const theirs = new Map(b.map(({ input, estimate }) => [input, estimate.value]));
  return (
    a.length === b.length && a.every(({ input, estimate }) => isEqual(estimate.value, theirs.get(input)))
  );
}

/** Whether two numbers are equal up to a few roundings of float32. */
export function isEqual(a: number, b: number | undefined): boolean {
  return b !== undefined && Math.abs(a - b) <= ROUNDING * Math.max(Math.abs(a), Math.abs(b));
}
