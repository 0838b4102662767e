/** Decides how many rows go into each run. */
export interface Batching {
  /** Rows of the next run when `pending` wait; between 1 and `pending`. */
  next(pending: number): number;
  /** What a run of `rows` rows took. */
  observe(rows: number, seconds: number): void;
  /** At most half of `rows` from now on, which found no memory; false when nothing smaller may be tried. */
  shrink(rows: number): boolean;
}

const first = 16;
/**
 * Sizes are multiples of this where they can be: the runtime's matrix kernels take rows in fours and the rest
 * in another order of summation, so that with other sizes the measured speed would show in the last bits of the
 * results.
 */
const quantum = 4;
const growth = 4;
/** A larger size is kept only when it is this much faster per row. */
const worthwhile = 1.05;
/** Seconds. Runs block the event loop: no size is kept, or tried, that takes longer. */
const longestRun = 1;

/**
 * Sizes found by trying: every size is run twice (the first run at a size also pays for memory and is not
 * trusted alone), then four times the rows are tried, as long as that pays, fits `limit` and does not block the
 * event loop for a second.
 */
export function measuredBatching(limit: number): Batching {
  let cap = limit < quantum ? limit : limit - (limit % quantum);
  let size = Math.min(first, cap);
  let runs = 0;
  let best = { size, rate: 0 };
  let rate = 0;
  let settled = false;

  function grow(): void {
    if (rate < best.rate * worthwhile) {
      settled = true;
      size = best.size;
      return;
    }
    best = { size, rate };
    const bearable = Math.max(1, Math.floor(rate * longestRun));
    const larger = Math.min(size * growth, cap);
    settled = larger === size || larger > bearable;
    size = Math.min(settled ? size : larger, bearable);
    if (settled) return;
    runs = 0;
    rate = 0;
  }

  return {
    next: (pending) => even(pending, size, settled),
    observe(rows, seconds) {
      // A part-filled run says little about the size it was meant for.
      if (settled || rows !== size) return;
      runs++;
      rate = Math.max(rate, rows / Math.max(seconds, 1e-9));
      if (runs === 2) grow();
    },
    shrink(rows) {
      if (rows <= 1) return false;
      cap = Math.floor(rows / 2);
      size = cap;
      settled = true;
      return true;
    },
  };
}

/** Always `size` rows, as the caller chose. */
export function fixedBatching(size: number): Batching {
  return { next: (pending) => Math.min(size, pending), observe: () => undefined, shrink: () => false };
}

/** Settled, the rest is cut into equal runs instead of full ones and a crumb. */
function even(pending: number, size: number, settled: boolean): number {
  if (pending <= size) return pending;
  if (!settled || size < quantum) return size;
  return Math.ceil(pending / Math.ceil(pending / size) / quantum) * quantum;
}
