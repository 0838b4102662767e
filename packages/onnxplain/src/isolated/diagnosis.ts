import type { Diagnosis } from '@onnxplain/core';
import type { End } from './watch.js';

/** Ends of a process that nobody asked for. */
export type Death = Exclude<End, { readonly kind: 'stopped' }>;

/** What the reader can do about each kind of end. */
export interface Remedies {
  /** After a crash of native code. */
  readonly crash: string;
  readonly time: string;
  readonly memory: string;
}

/** Describes why a process ended before it was done. `where` names the model or the call. */
export function diagnosisOf(end: Death, where: string, remedies: Remedies): Diagnosis {
  switch (end.kind) {
    case 'signal': {
      const got = `signal ${end.signal}${SIGNALS[end.signal] ?? ''}`;
      return { code: 'process-died', where, expected: FINISHED, got, remedy: remedies.crash };
    }
    case 'exit':
      return {
        code: 'process-died',
        where,
        expected: FINISHED,
        got: `exit code ${end.code}`,
        remedy: remedies.crash,
      };
    case 'time':
      return {
        code: 'time-limit',
        where,
        expected: `an end within ${end.seconds} s`,
        got: `a process that was still at work, and was ended`,
        remedy: remedies.time,
      };
    case 'memory':
      return {
        code: 'memory-limit',
        where,
        expected: `at most ${megabytes(end.limit)} of memory`,
        got: `a process that held ${megabytes(end.held)}, and was ended`,
        remedy: remedies.memory,
      };
  }
}

const FINISHED = 'a run of the model that ends';

const SIGNALS: Partial<Record<NodeJS.Signals, string>> = {
  SIGSEGV: ' (a wrong memory access in native code)',
  SIGBUS: ' (a wrong memory access in native code)',
  SIGFPE: ' (an integer division by zero in native code)',
  SIGABRT: ' (native code gave up)',
  SIGILL: ' (an instruction that this processor does not have)',
  SIGKILL: ' (from outside; the system sends it where memory runs out)',
};

const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
