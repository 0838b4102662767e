import { fail, OnnxplainError } from './error.js';

/**
 * Runs a part of the work on a file. An exception that is not an {@link OnnxplainError} is a defect of ours: it becomes one with the code
 * `internal` that says where it happened. `where` is called for the message only.
 */
export function guarded<T>(where: () => string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    return internal(where(), cause);
  }
}

/** Throws an error of ours again, and any other as `internal`. */
export function internal(where: string, cause: unknown): never {
  if (cause instanceof OnnxplainError) throw cause;
  return fail(
    {
      code: 'internal',
      where,
      expected: 'no defect of onnxplain',
      got: cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause),
      remedy: 'Please report it with the model.',
    },
    { cause },
  );
}
