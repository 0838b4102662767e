import { type ErrorCode, OnnxplainError } from '@onnxplain/core';
import type { Missing } from '@onnxplain/report';

/** The value of one cell, or the reason why there is none. */
export type Outcome<T> = { readonly status: 'done'; readonly value: T } | Missing;

/** Error codes that mean that a method does not apply to its input. This counts as a result, not as a failure. */
const NOT_APPLICABLE: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['not-applicable']);

/** Codes that end the whole run: no later cell could succeed. */
const FINAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['aborted', 'closed']);

/** Returns the outcome of a cell that threw `error`. Throws it on where it ends the whole run: `aborted` and `closed`. */
export function missingBy(error: unknown): Missing {
  throwIfFinal(error);
  if (error instanceof OnnxplainError) {
    const { code, message: reason } = error;
    return NOT_APPLICABLE.has(code)
      ? { status: 'not-applicable', reason }
      : { status: 'failed', code, reason };
  }
  return { status: 'failed', code: 'internal', reason: String(error) };
}

/** Throws an error on where it ends the whole run: `aborted` and `closed`. */
export function throwIfFinal(error: unknown): void {
  if (error instanceof OnnxplainError && FINAL.has(error.code)) throw error;
}
