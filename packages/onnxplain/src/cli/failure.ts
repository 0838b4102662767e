import { type ErrorCode, OnnxplainError } from '@onnxplain/core';
import { CommanderError } from 'commander';

/** The exit codes: done, failed, wrong usage, partly done, stopped by Ctrl-C (128 + SIGINT, as shells have it). */
export const EXIT = { done: 0, failed: 1, usage: 2, partly: 3, stopped: 130 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Error codes that are caused by the arguments of the command. They give the exit code `usage`. */
const USAGE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'usage',
  'option-unknown',
  'option-value',
  'name-unknown',
  'value-unknown',
  'expression-syntax',
  'kind-mismatch',
  'output-unclear',
  'target-range',
  'feed-name',
]);

/** An error as it is printed, for people or as JSON. */
export interface Failure {
  readonly exit: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly where?: string;
  readonly expected?: string;
  readonly got?: string;
  readonly remedy?: string;
}

/** Converts anything thrown to a failure. The message of an unexpected error, which is a defect of onnxplain, includes its stack. */
export function failureOf(error: unknown): Failure {
  if (error instanceof OnnxplainError) {
    const { code, message, diagnosis } = error;
    return { ...diagnosis, exit: exitOf(code), code, message };
  }
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, '');
    return { exit: EXIT.usage, code: 'usage', message };
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    exit: EXIT.failed,
    code: 'internal',
    message: `a defect of onnxplain, please report it: ${message}`,
  };
}

function exitOf(code: ErrorCode): ExitCode {
  if (code === 'aborted') return EXIT.stopped;
  return USAGE.has(code) ? EXIT.usage : EXIT.failed;
}

/** Formats a failure: for people as one line (more where the message has a caret), for programs as one JSON object. */
export function showFailure(failure: Failure, json: boolean): string {
  if (!json && failure.code === 'aborted') return 'stopped\n';
  if (!json) return `onnxplain: ${failure.message} [${failure.code}]\n`;
  const { exit: _, ...error } = failure;
  return `${JSON.stringify({ error })}\n`;
}
