import { type Diagnosis, OnnxplainError } from '@onnxplain/core';

/** A call of the function that an isolated process runs. */
export interface JobCall {
  readonly id: number;
  readonly input: unknown;
}

/** What an isolated process sends back for one call. */
export type Answer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: SentError };

/** An error as it goes from one process to another. */
export interface SentError {
  readonly message: string;
  readonly stack?: string;
  /** Of errors of onnxplain. */
  readonly diagnosis?: Diagnosis;
}

/** Turns anything thrown into what can be sent. */
export function sendable(error: unknown): SentError {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const diagnosis = error instanceof OnnxplainError ? error.diagnosis : undefined;
  return { message, stack, diagnosis };
}

/** Makes the error that {@link sendable} was made of: an {@link OnnxplainError} with its code, or an Error. */
export function received({ message, stack, diagnosis }: SentError): Error {
  const error = diagnosis === undefined ? new Error(message) : new OnnxplainError(diagnosis);
  error.stack = stack;
  return error;
}
