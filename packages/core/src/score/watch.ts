import { fail } from '../error.js';
import type { Batch, Cost, Score } from '../types.js';

export interface Progress extends Cost {
  /** Rows that were evaluated so far, forward and backward together. */
  readonly rows: number;
  /** Since the score began to be watched. */
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
  const guarded =
    <Result>(evaluate: (batch: Batch) => Promise<Result>) =>
    async (batch: Batch): Promise<Result> => {
      expectRunning(signal);
      const result = await evaluate(batch);
      const { forward, backward } = metered.cost();
      const seconds = (performance.now() - started) / 1000;
      onProgress?.({ rows: forward + backward, forward, backward, seconds });
      expectRunning(signal);
      return result;
    };
  return { ...score, value: guarded(metered.score.value), gradient: guarded(metered.score.gradient) };
}

function expectRunning(signal: AbortSignal | undefined): void {
  if (!signal?.aborted) return;
  fail(
    { code: 'aborted', where: 'score', expected: 'to run to the end', got: 'an abort signal' },
    { cause: signal.reason },
  );
}

/** The same score, and how many rows were evaluated through it so far; a call that throws is not counted. */
export function meter(score: Score): { readonly score: Score; cost(): Cost } {
  let forward = 0;
  let backward = 0;
  const counting: Score = {
    ...score,
    value: async (batch) => {
      const values = await score.value(batch);
      forward += batch.shape[0];
      return values;
    },
    gradient: async (batch) => {
      const slopes = await score.gradient(batch);
      backward += batch.shape[0];
      return slopes;
    },
  };
  return { score: counting, cost: () => ({ forward, backward }) };
}
