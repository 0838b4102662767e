import { type ErrorCode, OnnxplainError } from '@onnxplain/core';
import type { Missing } from '@onnxplain/report';

/** What came of one cell: its value, or why there is none. */
export type Outcome<T> = { readonly status: 'done'; readonly value: T } | Missing;

/** Codes that say a method does not apply to its subject, which is an answer and no failure. */
const NOT_APPLICABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['not-applicable']);

/** Codes that end the whole run: nothing that follows could do better. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['aborted', 'closed']);

/** Runs one cell. Failures become part of the result; `aborted` and `closed` are thrown on. */
export async function outcomeOf<T>(work: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { status: 'done', value: await work() };
  } catch (error) {
    throwIfFinal(error);
    return missing(error);
  }
}

/** Throws on what ends the whole run: `aborted` and `closed`. */
export function throwIfFinal(error: unknown): void {
  if (error instanceof OnnxplainError && FINAL.has(error.code)) throw error;
}

/** A failure as the reason for an empty cell. */
function missing(error: unknown): Missing {
  if (error instanceof OnnxplainError) {
    const { code, message: reason } = error;
    return NOT_APPLICABLE.has(code)
      ? { status: 'not-applicable', reason }
      : { status: 'failed', code, reason };
  }
  return { status: 'failed', code: 'internal', reason: String(error) };
}

/**
 * Works on items concurrently, at most `limit` at a time, results in the order of the items. The first error stops new work
 * and is thrown when what was under way has ended.
 */
export async function pooled<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  let broken = false;
  const worker = async () => {
    while (next < items.length && !broken) {
      const index = next++;
      try {
        results[index] = await work(items[index], index);
      } catch (error) {
        broken = true;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(limit, items.length) }, worker);
  for (const settled of await Promise.allSettled(workers)) {
    if (settled.status === 'rejected') throw settled.reason;
  }
  return results;
}

/** How many cells may be under way: each may hold a few million numbers of draws, large inputs more. */
export function concurrency(inputSize: number): number {
  return Math.max(2, Math.min(8, Math.floor(2 ** 20 / Math.max(1, inputSize))));
}
