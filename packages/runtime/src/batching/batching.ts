import { largestWithin, type SizeLadder, sizeLadder } from './size-ladder.js';

/** Decides how many rows each run gets. */
export interface Batching {
  /**
   * Returns the number of rows of the next run, from 1 to `pending`, the number of rows that wait. `begun` says that they are the rest of a
   * request of which other rows ran before; default false.
   */
  next(pending: number, begun?: boolean): number;
  /** Records how long the native code of a run of `rows` rows took. */
  observe(rows: number, seconds: number): void;
  /**
   * Allows at most half of `rows` rows from now on, because a run of `rows` found no memory. Returns false where no smaller size is
   * allowed.
   */
  shrink(rows: number): boolean;
}

export interface MeasuredBatchingOptions {
  /** Largest number of rows that memory allows. */
  readonly limit: number;
  /** Number of rows that is likely to be fast; the search begins at the size next below. Fewer rows run at once. Default: 16. */
  readonly start?: number;
  /** Sizes below this are not compared; fewer rows run at once. Default: 4, which is also the least. */
  readonly least?: number;
  /** Factor from one size to the next. Default: 2. */
  readonly step?: 2 | 4;
}

const START = 16;
/**
 * Sizes are multiples of this where possible. The runtime's matrix kernels take rows in fours and sum the rest in another order: with other
 * sizes, the last bits of the results would depend on the measured speed.
 */
const MULTIPLE = 4;
/** Seconds that a run takes outside native code, about: promises, feeds, turns of the event loop. */
const AROUND_RUN = 5e-5;
/** Number of runs of each size that is compared. */
const TRIALS = 3;
/** The smallest size is taken whose rows per second reach this fraction of the best. */
const CLOSE_TO_BEST = 0.98;
/**
 * A larger size is tried only where the last step up made rows faster by this factor. What a run costs beside its rows is shared by more
 * rows at each step, so that all further steps together gain about as much as the last one did; each of them takes more memory, which
 * ONNX Runtime keeps.
 */
const WORTH_A_STEP = 1.03;
/**
 * Rows that one run can take are not divided where that run is at most this much slower per row than the best size: what comes around two
 * runs takes longer.
 */
const AT_ONCE = 0.95;
/** Runs block the event loop: no size is tried or kept that takes longer. */
const LONGEST_RUN_SECONDS = 1;

interface Trial {
  /** Rows per second of its fastest run. The first run also allocates memory, so that it alone is not trusted. */
  readonly rate: number;
  readonly runs: number;
}

/** The runs so far. */
interface SizeSearch {
  readonly ladder: SizeLadder;
  readonly start: number;
  readonly least: number;
  readonly trials: Map<number, Trial>;
  limit: number;
  /** The size that ran last. It is not tried twice in a row, so that a busy moment of the machine affects other sizes too. */
  last?: number;
}

/** What the runs so far tell about the next ones. */
interface SizeDecision {
  readonly toTry: readonly number[];
  readonly best: number;
  /** Up to so many rows are not divided: see {@link AT_ONCE}. */
  readonly whole: number;
  /** Up to so many rows are not divided where none of their request ran before. */
  readonly first: number;
}

/**
 * Finds the best size by trying. It starts at a size that is likely to be fast and compares the fastest size so far with the next smaller
 * one; where it is faster than that by {@link WORTH_A_STEP}, with the next larger one too, until both are slower. A larger one that ran
 * before is compared in any case. Only sizes that the waiting rows fill are tried: the search ends for small requests, and goes on when a
 * larger one comes. No size is used that blocks the event loop for a second.
 */
export function measuredBatching(options: MeasuredBatchingOptions): Batching {
  const { limit, start = START, step = 2 } = options;
  const least = Math.max(MULTIPLE, options.least ?? 1);
  const ladder = sizeLadder({ limit, step, multiple: MULTIPLE });
  const first = largestWithin(ladder, Math.max(start, least));
  const search: SizeSearch = { ladder, start: first, least, trials: new Map(), limit };
  // Decisions stay until a run or a lack of memory tells something new.
  let decided: SizeDecision | undefined;
  return {
    next(pending, begun = false) {
      decided ??= decide(search);
      const { toTry, best, whole, first } = decided;
      return (
        toTry.find((size) => size <= pending && size !== search.last) ??
        (pending <= (begun ? whole : first) ? pending : inEqualRuns(pending, best))
      );
    },
    observe(rows, seconds) {
      search.last = rows;
      const { rate = 0, runs = 0 } = search.trials.get(rows) ?? {};
      if (runs === TRIALS || !ladder.includes(rows)) return;
      search.trials.set(rows, { rate: Math.max(rate, rows / (seconds + AROUND_RUN)), runs: runs + 1 });
      decided = undefined;
    },
    shrink(rows) {
      if (rows <= 1) return false;
      search.limit = Math.floor(rows / 2);
      decided = undefined;
      return true;
    },
  };
}

function decide(search: SizeSearch): SizeDecision {
  const [best, whole] = [bestSize(search), largestAtOnce(search)];
  const larger = allowedSizes(search).find((size) => size > best);
  // One run of a size that is not known to be slow takes less time than two runs.
  const first = larger === undefined || search.trials.has(larger) ? whole : larger;
  return { toTry: sizesToTry(search), best, whole, first };
}

/** Returns the best size so far and the sizes next to it, those that need another run, the least tried first. */
function sizesToTry(search: SizeSearch): readonly number[] {
  const sizes = allowedSizes(search);
  const at = sizes.indexOf(fastest(search));
  const runsOf = (size: number) => search.trials.get(size)?.runs ?? 0;
  const worthIt = at === 0 || runsOf(sizes[at + 1]) > 0 || hasGained(search, sizes[at - 1], sizes[at]);
  const larger = worthIt ? [sizes[at + 1]] : [];
  return [sizes[at], ...larger, sizes[at - 1]]
    .filter((size) => size !== undefined && runsOf(size) < TRIALS)
    .sort((a, b) => runsOf(a) - runsOf(b));
}

/** Whether the step from a size to the next one made rows so much faster that a further step may be worth its memory. */
function hasGained({ trials }: SizeSearch, from: number, to: number): boolean {
  const [before, after] = [trials.get(from), trials.get(to)];
  return before?.runs === TRIALS && after !== undefined && after.rate >= WORTH_A_STEP * before.rate;
}

const bestRate = ({ trials }: SizeSearch): number =>
  Math.max(0, ...[...trials.values()].map(({ rate }) => rate));

/** Returns the sizes that memory allows and that a run can take in {@link LONGEST_RUN_SECONDS}; below the least one only the largest. */
function allowedSizes(search: SizeSearch): SizeLadder {
  const { ladder, limit, least, trials } = search;
  const inTime = trials.size === 0 ? limit : Math.floor(bestRate(search) * LONGEST_RUN_SECONDS);
  const most = largestWithin(ladder, Math.min(limit, inTime));
  return most < least ? [most] : ladder.filter((size) => size >= least && size <= most);
}

/** Returns the fastest size of those that are allowed; the start where none of them ran. */
function fastest(search: SizeSearch): number {
  const { trials, start } = search;
  const sizes = allowedSizes(search);
  const ran = sizes.filter((size) => trials.has(size));
  if (ran.length === 0) return largestWithin(sizes, start);
  const rateOf = (size: number) => trials.get(size)?.rate ?? 0;
  return ran.reduce((best, size) => (rateOf(size) > rateOf(best) ? size : best));
}

/** Returns the smallest size that is about as fast as the fastest. */
function bestSize(search: SizeSearch): number {
  const { trials } = search;
  const best = fastest(search);
  const enough = CLOSE_TO_BEST * (trials.get(best)?.rate ?? 0);
  return allowedSizes(search).find((size) => (trials.get(size)?.rate ?? -1) >= enough) ?? best;
}

/** Returns the largest size up to which each was tried and is nearly as fast as the fastest. */
function largestAtOnce(search: SizeSearch): number {
  const { trials } = search;
  const best = bestSize(search);
  const above = allowedSizes(search).filter((size) => size > best);
  const enough = AT_ONCE * (trials.get(fastest(search))?.rate ?? Number.POSITIVE_INFINITY);
  const slower = above.findIndex((size) => !((trials.get(size)?.rate ?? 0) >= enough));
  return (slower < 0 ? above : above.slice(0, slower)).at(-1) ?? best;
}

/** Uses `size` rows for every run, as the caller chose. */
export function fixedBatching(size: number): Batching {
  return { next: (pending) => Math.min(size, pending), observe: () => undefined, shrink: () => false };
}

/** Cuts the rows that wait into runs of about equal size, instead of full runs and a small last one. */
function inEqualRuns(pending: number, size: number): number {
  if (pending <= size || size < MULTIPLE) return Math.min(pending, size);
  return Math.ceil(pending / Math.ceil(pending / size) / MULTIPLE) * MULTIPLE;
}
