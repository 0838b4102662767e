import type { Interval } from '@onnxplain/core';
import type { Numbered } from './numbers.js';

/** Where an explainer stands among those that it can be compared with. */
export type Standing = 'best' | 'tied' | 'undecided' | 'behind';

/** One of those that are compared. */
export interface Contender {
  readonly explainer: number;
  /** Whether it is a control, which neither leads nor ties. */
  readonly control?: boolean;
  readonly numbers: readonly Numbered[];
}

/** What is compared with what: the contender with the best mean, and the interval of (another) - (it). */
export interface Contest {
  readonly leader: Contender;
  readonly others: readonly (Contender & { readonly interval: Interval | undefined })[];
  readonly better: 'lower' | 'higher';
}

/** Numbers that differ by less than this share of the larger are equal: float32 rounds at 6e-8, and errors of a few roundings add up. */
const ROUNDING = 2 ** -20;

/**
 * Where everybody stands. Who has the leader's numbers on every input is tied with it, unless it is a control. Of the rest those are
 * behind whose interval lies on the worse side of 0; where it does not, or is not known, they are undecided, and then so is the leader
 * and who is tied with it: nobody is best who is not seen to beat the controls.
 */
export function standings({ leader, others, better }: Contest): ReadonlyMap<number, Standing> {
  const tied = others.filter((other) => !other.control && isTie(other.numbers, leader.numbers));
  const apart = others.filter((other) => !tied.includes(other));
  const found = new Map<number, Standing>();
  for (const { explainer, interval } of apart) {
    found.set(explainer, isWorse(interval, better) ? 'behind' : 'undecided');
  }
  const decided = apart.every(({ explainer }) => found.get(explainer) === 'behind');
  const first = decided ? (tied.length > 0 ? 'tied' : 'best') : 'undecided';
  for (const { explainer } of [leader, ...tied]) found.set(explainer, first);
  return found;
}

function isWorse(interval: Interval | undefined, better: 'lower' | 'higher'): boolean {
  if (interval === undefined) return false;
  return better === 'lower' ? interval.low > 0 : interval.high < 0;
}

/** Whether two have the same inputs and, to rounding, the same numbers there. */
function isTie(a: readonly Numbered[], b: readonly Numbered[]): boolean {
  const theirs = new Map(b.map(({ input, estimate }) => [input, estimate.value]));
  return (
    a.length === b.length && a.every(({ input, estimate }) => isEqual(estimate.value, theirs.get(input)))
  );
}

function isEqual(a: number, b: number | undefined): boolean {
  return b !== undefined && Math.abs(a - b) <= ROUNDING * Math.max(Math.abs(a), Math.abs(b));
}
