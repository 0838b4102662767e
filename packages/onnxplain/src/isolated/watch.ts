import type { ChildProcess } from 'node:child_process';
import { defaultMemoryLimit } from './memory-limit.js';

/** ProcessLimits of a child process. */
export interface ProcessLimits {
  /** Seconds that the process, or one call of it, may take. Default: no limit. */
  readonly seconds?: number;
  /** Bytes of memory that the process may hold. Default: nine tenths of the memory of the machine or its container. */
  readonly memoryBytes?: number;
}

/** How a child process ended. */
export type End =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'time'; readonly seconds: number }
  | { readonly kind: 'memory'; readonly limit: number; readonly held: number }
  | { readonly kind: 'stopped' };

/** A child process and the reason for which it is ended. */
export interface Watched {
  readonly child: ChildProcess;
  /** Resolves when the process has ended. */
  readonly ended: Promise<End>;
  /** Ends the process at once, whatever native code it runs. The first reason counts. */
  kill(reason: End): void;
}

/** Follows a child process to its end. */
export function watch(child: ChildProcess): Watched {
  let reason: End | undefined;
  const ended = new Promise<End>((resolve) => {
    child.once('exit', (code, signal) => {
      if (reason !== undefined) resolve(reason);
      else if (signal !== null) resolve({ kind: 'signal', signal });
      else resolve({ kind: 'exit', code: code ?? 1 });
    });
    child.once('error', () => resolve({ kind: 'exit', code: 1 }));
  });
  const kill = (given: End) => {
    reason ??= given;
    child.kill('SIGKILL');
  };
  return { child, ended, kill };
}

/** The longest delay of setTimeout in milliseconds. It takes a longer one for 1 ms. */
const LONGEST_DELAY = 2 ** 31 - 1;

/** Ends the process when `seconds` have passed, unless the returned function is called before. */
export function limitTime({ kill }: Watched, seconds: number | undefined): () => void {
  if (seconds === undefined) return () => undefined;
  let timer: NodeJS.Timeout;
  const wait = (left: number) => {
    timer = setTimeout(
      () => (left > LONGEST_DELAY ? wait(left - LONGEST_DELAY) : kill({ kind: 'time', seconds })),
      Math.min(left, LONGEST_DELAY),
    );
  };
  wait(seconds * 1000);
  return () => clearTimeout(timer);
}

/** Milliseconds between two looks at the memory of a process. */
const LOOK_EVERY = 200;

/** Ends the process when it holds more than `memoryBytes`. */
export function limitMemory(watched: Watched, memoryBytes: number | undefined): void {
  const timer = setInterval(() => void look(), LOOK_EVERY);
  timer.unref();
  void watched.ended.then(() => clearInterval(timer));
  const look = async () => {
    // Loaded after the first interval, so that short commands start without it.
    const { residentBytes } = await import('./memory.js');
    const limit = memoryBytes ?? defaultMemoryLimit();
    const held = await residentBytes(watched.child.pid ?? 0);
    if (held > limit) watched.kill({ kind: 'memory', limit, held });
  };
}
