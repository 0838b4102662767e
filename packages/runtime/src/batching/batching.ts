import { largestWithin, type SizeLadder, sizeLadder } from './size-ladder.js';

/** Decides how many rows each run gets. */
export interface Batching {
  /** Returns the number of rows of the next run, from 1 to `pending`, the number of rows that wait. */
  next(pending: number): number;
  /** Records how long a run of `rows` rows took. */
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
  /** Factor from one size to the next. Default: 2. */
  readonly step?: 2 | 4;
}

const START = 16;
/**
 * Sizes are multiples of this where possible. The runtime's matrix kernels take rows in fours and sum the rest in another order: with other
 * sizes, the last bits of the results would depend on the measured speed.
 */
const MULTIPLE = 4;
/** Number of runs of each size that is compared. Sizes alternate, so that a busy moment of the machine affects all of them. */
const TRIALS = 3;
/** The smallest size is taken whose rows per second reach this fraction of the best. */
const CLOSE_TO_BEST = 0.98;
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
  readonly trials: Map<number, Trial>;
  limit: number;
}

/**
 * Finds the best size by trying. It starts at a size that is likely to be fast and compares the fastest size so far with the next smaller
 * and the next larger one, until both are slower. Only sizes that the waiting rows fill are tried: the search ends for small requests, and
 * goes on when a larger one comes. No size is used that blocks the event loop for a second.
 */
export function measuredBatching({ limit, start = START, step = 2 }: MeasuredBatchingOptions): Batching {
  const ladder = sizeLadder({ limit, step, multiple: MULTIPLE });
  const first = largestWithin(ladder, Math.max(start, MULTIPLE));
  const search: SizeSearch = { ladder, start: first, trials: new Map(), limit };
  return {
    next(pending) {
      const size = sizeToTry(search, pending);
      return size ?? inEqualRuns(pending, bestSize(search));
    },
    observe(rows, seconds) {
      const { rate = 0, runs = 0 } = search.trials.get(rows) ?? {};
      if (!ladder.includes(rows) || runs === TRIALS) return;
      search.trials.set(rows, { rate: Math.max(rate, rows / Math.max(seconds, 1e-9)), runs: runs + 1 });
    },
    shrink(rows) {
      if (rows <= 1) return false;
      search.limit = Math.floor(rows / 2);
      return true;
    },
  };
}

/** Returns the best size so far or a size next to it that needs another run; undefined where none does that `pending` rows can fill. */
function sizeToTry(search: SizeSearch, pending: number): number | undefined {
  const sizes = allowedSizes(search);
  const at = sizes.indexOf(fastest(search));
  const runsOf = (size: number) => search.trials.get(size)?.runs ?? 0;
  return [sizes[at], sizes[at + 1], sizes[at - 1]]
    .filter((size) => size !== undefined && size <= pending && runsOf(size) < TRIALS)
    .sort((a, b) => runsOf(a) - runsOf(b))[0];
}

const bestRate = ({ trials }: SizeSearch): number =>
  Math.max(0, ...[...trials.values()].map(({ rate }) => rate));

/** Returns the sizes that memory allows and that a run can take in {@link LONGEST_RUN_SECONDS}; below {@link MULTIPLE} only the largest. */
function allowedSizes(search: SizeSearch): SizeLadder {
  const { ladder, limit, trials } = search;
  const inTime = trials.size === 0 ? limit : Math.floor(bestRate(search) * LONGEST_RUN_SECONDS);
  const most = largestWithin(ladder, Math.min(limit, inTime));
  return most < MULTIPLE ? [most] : ladder.filter((size) => size >= MULTIPLE && size <= most);
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

/** Uses `size` rows for every run, as the caller chose. */
export function fixedBatching(size: number): Batching {
  return { next: (pending) => Math.min(size, pending), observe: () => undefined, shrink: () => false };
}

/** Cuts the rows that wait into runs of about equal size, instead of full runs and a small last one. */
function inEqualRuns(pending: number, size: number): number {
  if (pending <= size || size < MULTIPLE) return Math.min(pending, size);
  return Math.ceil(pending / Math.ceil(pending / size) / MULTIPLE) * MULTIPLE;
}
