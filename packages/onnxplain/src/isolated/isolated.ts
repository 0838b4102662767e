import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Diagnosis, fail, OnnxplainError } from '@onnxplain/core';
import { diagnosisOf } from './diagnosis.js';
import { type Answer, received } from './protocol.js';
import { type End, limitMemory, limitTime, type ProcessLimits, type Watched, watch } from './watch.js';

/** A function that runs in a process of its own. */
export interface Isolated<Input, Output> {
  /**
   * Runs the function. Input and result are copied by structured clone: plain data and typed arrays, no functions. Throws what the
   * function throws, errors of onnxplain with their code; `process-died` where native code ended the process, `time-limit` and
   * `memory-limit` where it was ended for these, `aborted` by the signal, `closed` after {@link close}. Calls under way at the same time
   * share the process, and end with it. The call after that starts a new one.
   */
  call(input: Input, options?: { readonly signal?: AbortSignal }): Promise<Output>;
  /** Ends the process. Calls under way throw `closed`. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Runs the default export of a module in a process of its own, which a model cannot take down with the caller: crashes of native code,
 * endless runs and runs that need too much memory become errors. The process starts at the first call and stays until
 * {@link Isolated.close}, so that a model which the module opened once stays open.
 *
 * - `module`: the address of the module, as in `new URL('./job.js', import.meta.url)`.
 * - `seconds`: how long one call may take. Default: no limit. When it has passed, the process and all its calls end.
 * - `memoryBytes`: what the process may hold. Default: nine tenths of the memory of the machine or its container.
 *
 * Throws `option-value` for a limit that is not a positive number, and each call `not-applicable` in a bundled application.
 */
export function isolated<Input, Output>(module: URL, limits: ProcessLimits = {}): Isolated<Input, Output> {
  for (const [name, limit] of Object.entries(limits)) expectLimit(name, limit);
  let running: Running | undefined;
  let closed = false;
  const start = () => {
    running ??= startProcess(module, limits, () => {
      running = undefined;
    });
    return running;
  };
  const close = async () => {
    closed = true;
    running?.watched.kill({ kind: 'stopped' });
    await running?.watched.ended;
  };
  return {
    async call(input, { signal } = {}) {
      if (closed) fail(closedOf(module));
      // The caller states the types of the module, which is loaded in another process.
      return (await start().call(input, signal)) as Output;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function expectLimit(name: string, limit: number | undefined): void {
  if (limit === undefined || limit > 0) return;
  fail({ code: 'option-value', where: `isolated(${name})`, expected: 'a positive number', got: `${limit}` });
}

/** Returns the path of the program of the process. Throws `not-applicable` where a bundler has left it out. */
function serveProgram(): string {
  // Undefined in a CommonJS bundle.
  const own: string | undefined = import.meta.url;
  const path = own && fileURLToPath(new URL(`./serve${extname(own)}`, own));
  if (path && existsSync(path)) return path;
  return fail({
    code: 'not-applicable',
    where: 'isolated',
    expected: 'the files of onnxplain, one of which the new process runs',
    got: 'a bundle without them',
    remedy: 'Keep onnxplain out of the bundle, as an external package.',
  });
}

interface Running {
  readonly watched: Watched;
  call(input: unknown, signal: AbortSignal | undefined): Promise<unknown>;
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

function startProcess(module: URL, limits: ProcessLimits, onEnd: () => void): Running {
  const watched = watch(fork(serveProgram(), [module.href], { serialization: 'advanced' }));
  limitMemory(watched, limits.memoryBytes);
  const pending = new Map<number, Pending>();
  watched.child.on('message', (answer: Answer) => {
    const call = pending.get(answer.id);
    if ('error' in answer) call?.reject(received(answer.error));
    else call?.resolve(answer.value);
  });
  void watched.ended.then((end) => {
    onEnd();
    for (const { reject } of pending.values()) reject(new OnnxplainError(whyEnded(end, module)));
  });
  let calls = 0;
  return {
    watched,
    async call(input, signal) {
      const id = calls++;
      const stop = () => watched.kill({ kind: 'stopped' });
      const release = limitTime(watched, limits.seconds);
      signal?.addEventListener('abort', stop);
      try {
        if (signal?.aborted) return fail(abortedOf(module));
        return await new Promise((resolve, reject) => {
          pending.set(id, { resolve, reject });
          watched.child.send({ id, input }, (error) => error && reject(error));
        });
      } catch (error) {
        if (signal?.aborted) fail(abortedOf(module), { cause: error });
        throw error;
      } finally {
        release();
        signal?.removeEventListener('abort', stop);
        pending.delete(id);
      }
    },
  };
}

function whyEnded(end: End, module: URL): Diagnosis {
  if (end.kind === 'stopped') return closedOf(module);
  return diagnosisOf(end, nameOf(module), {
    crash: 'Native code crashed, or the module called process.exit; the next call starts a new process.',
    time: 'Give more `seconds`; the next call starts a new process.',
    memory:
      'Give more `memoryBytes`, or let the module take smaller batches; the next call starts a new process.',
  });
}

const nameOf = (module: URL): string => `isolated(${module.pathname.split('/').at(-1)})`;

const closedOf = (module: URL): Diagnosis => ({
  code: 'closed',
  where: nameOf(module),
  expected: 'a process that is not closed',
  got: 'one that was closed or stopped before the call was done',
  remedy: 'Call `isolated` again.',
});

const abortedOf = (module: URL): Diagnosis => ({
  code: 'aborted',
  where: nameOf(module),
  expected: 'the end of the call',
  got: 'an abort by its signal',
});
