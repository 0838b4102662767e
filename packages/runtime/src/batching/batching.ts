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

const FIRST = 16;
/**
 * Sizes are multiples of this where possible. The runtime's matrix kernels take rows in fours and sum the rest in another order: with other
 * sizes, the last bits of the results would depend on the measured speed.
 */
const MULTIPLE = 4;
const GROWTH = 4;
/** Number of runs of each size before one is chosen. Sizes alternate, so that a busy moment of the machine affects all of them. */
const TRIALS = 3;
/** A larger size is tried only after a size whose rows per second reach this fraction of the best so far. */
const WORTH_GROWING = 0.8;
/** The smallest size is chosen whose rows per second reach this fraction of the best. */
const CLOSE_TO_BEST = 0.98;
/** Runs block the event loop: no size is tried or kept that takes longer. */
const LONGEST_RUN_SECONDS = 1;

/**
 * Finds the best size by trying. Sizes grow fourfold while they fit `limit`, do not block the event loop for a second and are not far
 * slower. The sizes are then run again, alternating, until each was run three times; the fastest is kept.
 */
export function measuredBatching(limit: number): Batching {
  const cap = roundDown(limit);
  let search: SizeSearch = { trials: [newTrial(Math.min(FIRST, cap))], at: 0 };
  let chosen: number | undefined;
  return {
    next(pending) {
      return chosen === undefined
        ? Math.min(pending, currentTrial(search).size)
        : inEqualRuns(pending, chosen);
    },
    observe(rows, seconds) {
      // The time of a run with fewer rows says little about the size that is tried.
      if (chosen !== undefined || rows !== currentTrial(search).size) return;
      search = nextTrial(timed(search, seconds), cap);
      if (isFinished(search)) chosen = bestSize(search);
    },
    shrink(rows) {
      if (rows <= 1) return false;
      chosen = Math.floor(rows / 2);
      return true;
    },
  };
}

interface Trial {
  readonly size: number;
  /** Rows per second of its fastest run. The first run also allocates memory, so that it alone is not trusted. */
  readonly rate: number;
  readonly runs: number;
}

/** The sizes that are tried, smallest first, and the index of the one that runs next. */
interface SizeSearch {
  readonly trials: readonly Trial[];
  readonly at: number;
}

const newTrial = (size: number): Trial => ({ size, rate: 0, runs: 0 });
const currentTrial = ({ trials, at }: SizeSearch): Trial => trials[at];
const bestRate = ({ trials }: SizeSearch): number => Math.max(...trials.map(({ rate }) => rate));
/** Returns the largest number of rows that a run can take in {@link LONGEST_RUN_SECONDS}. */
const largestAllowed = (search: SizeSearch): number =>
  Math.max(1, Math.floor(bestRate(search) * LONGEST_RUN_SECONDS));

/** Adds a run of the current size. */
function timed({ trials, at }: SizeSearch, seconds: number): SizeSearch {
  const { size, rate, runs } = trials[at];
  const faster = Math.max(rate, size / Math.max(seconds, 1e-9));
  return { trials: trials.with(at, { size, rate: faster, runs: runs + 1 }), at };
}

/** Moves to the next larger size. After the largest, it adds a larger one where that is allowed, else it starts again at the smallest. */
function nextTrial(search: SizeSearch, cap: number): SizeSearch {
  const { trials, at } = search;
  if (at < trials.length - 1) return { trials, at: at + 1 };
  const larger = largerSize(search, cap);
  return larger === undefined ? { trials, at: 0 } : { trials: [...trials, newTrial(larger)], at: at + 1 };
}

/** Returns the next size above the current one; undefined where no larger size is worth a trial. */
function largerSize(search: SizeSearch, cap: number): number | undefined {
  const { size, rate } = currentTrial(search);
  const larger = Math.min(size * GROWTH, cap);
  if (larger === size || larger > largestAllowed(search) || rate < WORTH_GROWING * bestRate(search))
    return undefined;
  return larger;
}

/** Whether the current size was run often enough, or takes too long. */
function isFinished(search: SizeSearch): boolean {
  const { size, runs } = currentTrial(search);
  return runs === TRIALS || (runs > 1 && size > largestAllowed(search));
}

function bestSize(search: SizeSearch): number {
  const enough = CLOSE_TO_BEST * bestRate(search);
  const { size } = search.trials.find(({ rate }) => rate >= enough) ?? search.trials[0];
  return Math.min(size, roundDown(largestAllowed(search)));
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

/** Rounds n down to a multiple of {@link MULTIPLE}; keeps a smaller n. */
function roundDown(n: number): number {
  return n < MULTIPLE ? n : n - (n % MULTIPLE);
}
