import { fail } from '../error.js';
import type { Cost, Score } from '../types/score.js';
import { around } from './around.js';

export interface Progress extends Cost {
  /** Number of rows evaluated so far, forward and backward together. */
  readonly rows: number;
  /** Seconds since `watch` was called. */
  readonly seconds: number;
}

export interface Watch {
  readonly signal?: AbortSignal;
  /** Called after every evaluation. */
  readonly onProgress?: (progress: Progress) => void;
}

/**
 * The same score, that stops and reports: with the signal aborted each call throws `aborted`, before it starts or when
 * the evaluation under way has ended (it is never cut short). `onProgress` gets the rows and seconds so far.
 */
export function watch(score: Score, { signal, onProgress }: Watch): Score {
  const started = performance.now();
  const metered = meter(score);
  return around(metered.score, async (_kind, batch, evaluate) => {
    throwIfAborted(signal);
    const result = await evaluate(batch);
    const { forward, backward } = metered.cost();
    const seconds = (performance.now() - started) / 1000;
    onProgress?.({ rows: forward + backward, forward, backward, seconds });
    throwIfAborted(signal);
    return result;
  });
}

/** Throws `aborted`, with the signal's reason as cause, when the signal was given. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  fail(
    { code: 'aborted', where: 'score', expected: 'to run to the end', got: 'an abort signal' },
    { cause: signal.reason },
  );
}

/** Returns the same score with a count of the rows that were evaluated through it. A call that throws is not counted. */
export function meter(score: Score): { readonly score: Score; cost(): Cost } {
  const rows = { forward: 0, backward: 0 };
  const counting = around(score, async (kind, batch, evaluate) => {
    const result = await evaluate(batch);
    rows[kind] += batch.shape[0];
    return result;
  });
  return { score: counting, cost: () => ({ ...rows }) };
}
