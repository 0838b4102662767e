/** Decides how many rows go into each run. */
export interface Batching {
  /** Rows of the next run when `pending` wait; between 1 and `pending`. */
  next(pending: number): number;
  /** What a run of `rows` rows took. */
  observe(rows: number, seconds: number): void;
  /** At most half of `rows` from now on, which found no memory; false when nothing smaller may be tried. */
  shrink(rows: number): boolean;
}

const FIRST = 16;
/**
 * Sizes are multiples of this where they can be: the runtime's matrix kernels take rows in fours and the rest
 * in another order of summation, so that with other sizes the measured speed would show in the last bits of the
 * results.
 */
const QUANTUM = 4;
const GROWTH = 4;
/** Times that each size is run before one is chosen, in turn, so that a moment when the machine is busy meets them all. */
const TRIALS = 3;
/** No larger size is tried after one that is this much slower per row than the fastest so far. */
const HOPELESS = 0.8;
/** The smallest size is chosen that comes this near to the fastest. */
const NEAR = 0.98;
/** Seconds. Runs block the event loop: no size is kept, or tried, that takes longer. */
const LONGEST_RUN = 1;

/**
 * Sizes found by trying: fourfold steps for as long as they fit `limit`, do not block the event loop for a second and are not
 * far slower; then the same sizes again, in turn, until each was run three times and the fastest is kept.
 */
export function measuredBatching(limit: number): Batching {
  const cap = whole(limit);
  let climb: Climb = { ladder: [untried(Math.min(FIRST, cap))], at: 0 };
  let chosen: number | undefined;
  return {
    next(pending) {
      return chosen === undefined ? Math.min(pending, turn(climb).size) : even(pending, chosen);
    },
    observe(rows, seconds) {
      // A part-filled run says little about the size it was meant for.
      if (chosen !== undefined || rows !== turn(climb).size) return;
      climb = passTurn(timed(climb, seconds), cap);
      if (isOver(climb)) chosen = bestSize(climb);
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
  /** Rows per second of its fastest run: the first also pays for memory and is not trusted alone. */
  readonly rate: number;
  readonly runs: number;
}

/** The sizes under trial, smallest first, and whose turn it is. */
interface Climb {
  readonly ladder: readonly Trial[];
  readonly at: number;
}

const untried = (size: number): Trial => ({ size, rate: 0, runs: 0 });
const turn = ({ ladder, at }: Climb): Trial => ladder[at];
const bestRate = ({ ladder }: Climb): number => Math.max(...ladder.map(({ rate }) => rate));
/** Most rows that take no longer than a run may. */
const bearable = (climb: Climb): number => Math.max(1, Math.floor(bestRate(climb) * LONGEST_RUN));

/** With another run of the size whose turn it is. */
function timed({ ladder, at }: Climb, seconds: number): Climb {
  const { size, rate, runs } = ladder[at];
  const faster = Math.max(rate, size / Math.max(seconds, 1e-9));
  return { ladder: ladder.with(at, { size, rate: faster, runs: runs + 1 }), at };
}

/** The turn of the size above, which after the largest is a new one if there may be one, or else the smallest. */
function passTurn(climb: Climb, cap: number): Climb {
  const { ladder, at } = climb;
  if (at < ladder.length - 1) return { ladder, at: at + 1 };
  const larger = stepAbove(climb, cap);
  return larger === undefined ? { ladder, at: 0 } : { ladder: [...ladder, untried(larger)], at: at + 1 };
}

/** The size a step above the one whose turn it is, or undefined when the climb ends there. */
function stepAbove(climb: Climb, cap: number): number | undefined {
  const { size, rate } = turn(climb);
  const larger = Math.min(size * GROWTH, cap);
  if (larger === size || larger > bearable(climb) || rate < HOPELESS * bestRate(climb)) return undefined;
  return larger;
}

/** Whether the size whose turn it is was run often enough, or has proved to take too long. */
function isOver(climb: Climb): boolean {
  const { size, runs } = turn(climb);
  return runs === TRIALS || (runs > 1 && size > bearable(climb));
}

function bestSize(climb: Climb): number {
  const enough = NEAR * bestRate(climb);
  const { size } = climb.ladder.find(({ rate }) => rate >= enough) ?? climb.ladder[0];
  return Math.min(size, whole(bearable(climb)));
}

/** Always `size` rows, as the caller chose. */
export function fixedBatching(size: number): Batching {
  return { next: (pending) => Math.min(size, pending), observe: () => undefined, shrink: () => false };
}

/** The rest cut into equal runs instead of full ones and a crumb. */
function even(pending: number, size: number): number {
  if (pending <= size || size < QUANTUM) return Math.min(pending, size);
  return Math.ceil(pending / Math.ceil(pending / size) / QUANTUM) * QUANTUM;
}

/** At most n, in quanta where there is one. */
function whole(n: number): number {
  return n < QUANTUM ? n : n - (n % QUANTUM);
}
