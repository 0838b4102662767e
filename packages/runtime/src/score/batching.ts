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

interface Trial {
  readonly size: number;
  /** Rows per second of its fastest run: the first also pays for memory and is not trusted alone. */
  rate: number;
  runs: number;
}

/**
 * Sizes found by trying: fourfold steps for as long as they fit `limit`, do not block the event loop for a second and are not
 * far slower; then the same sizes again, in turn, until each was run three times and the fastest is kept.
 */
export function measuredBatching(limit: number): Batching {
  const cap = whole(limit);
  const ladder: Trial[] = [{ size: Math.min(FIRST, cap), rate: 0, runs: 0 }];
  let at = 0;
  let chosen: number | undefined;

  const bestRate = () => Math.max(...ladder.map(({ rate }) => rate));
  const bearable = () => Math.max(1, Math.floor(bestRate() * LONGEST_RUN));

  /** The step above the last, or undefined when the climb ends there. */
  function climb({ size, rate }: Trial): Trial | undefined {
    const larger = Math.min(size * GROWTH, cap);
    if (larger === size || larger > bearable() || rate < HOPELESS * bestRate()) return undefined;
    return { size: larger, rate: 0, runs: 0 };
  }

  function advance(): void {
    const last = at === ladder.length - 1;
    const step = last ? climb(ladder[at]) : undefined;
    if (step !== undefined) ladder.push(step);
    at = last && step === undefined ? 0 : at + 1;
    const tooLong = ladder[at].runs > 1 && ladder[at].size > bearable();
    if (ladder[at].runs === TRIALS || tooLong) choose();
  }

  function choose(): void {
    const good = ladder.find(({ rate }) => rate >= NEAR * bestRate()) ?? ladder[0];
    chosen = Math.min(good.size, whole(bearable()));
  }

  return {
    next: (pending) => (chosen === undefined ? Math.min(pending, ladder[at].size) : even(pending, chosen)),
    observe(rows, seconds) {
      const trial = ladder[at];
      // A part-filled run says little about the size it was meant for.
      if (chosen !== undefined || rows !== trial.size) return;
      trial.runs++;
      trial.rate = Math.max(trial.rate, rows / Math.max(seconds, 1e-9));
      advance();
    },
    shrink(rows) {
      if (rows <= 1) return false;
      chosen = Math.floor(rows / 2);
      return true;
    },
  };
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
