import { spawn } from 'node:child_process';
import { fail } from '@onnxplain/core';

/** A call of an exported function. Its arguments and its result are passed by structured clone. */
export interface Job {
  /** URL of the module that exports the function. */
  readonly module: URL | string;
  readonly name: string;
  readonly args: readonly unknown[];
}

export interface IsolateOptions {
  /** Time limit in seconds; the process is killed when it passes. Default 60. */
  readonly seconds?: number;
  readonly signal?: AbortSignal;
  /** Node's options for the child; default: those of this process. */
  readonly execArgv?: readonly string[];
}

type Reply = { readonly result: unknown } | { readonly error: unknown };

/** The program of the child process. It runs one job, sends the result and disconnects, so that the process can end. */
const bootstrap = `
process.once('message', async ({ module, name, args }) => {
  const done = (reply) => process.send(reply, () => process.disconnect());
  try {
    done({ result: await (await import(module))[name](...args) });
  } catch (error) {
    done({ error: error instanceof Error ? error : new Error(String(error)) });
  }
});`;

/**
 * Runs a job in a child process, because a run of ONNX Runtime cannot be stopped and some models kill their
 * process. Use it for models that you do not trust. The promise settles after the child process has ended.
 *
 * Throws `run-failed` when the time limit passes, the child dies or the job throws (its error is the cause);
 * `aborted` on a signal.
 */
export async function runIsolated(job: Job, options: IsolateOptions = {}): Promise<unknown> {
  const { seconds = 60, signal, execArgv = process.execArgv } = options;
  const where = `${job.name} in a child process`;
  const [expected, aborted] = [`a result within ${seconds} s`, 'an abort signal'];
  if (signal?.aborted) fail({ code: 'aborted', where, expected, got: aborted }, { cause: signal.reason });

  const end = await runChild(job, { seconds, signal, execArgv });
  const died = (got: string, cause?: unknown) =>
    fail({ code: 'run-failed', where, expected, got }, { cause });
  if (end.reply !== undefined && 'result' in end.reply) return end.reply.result;
  if (signal?.aborted)
    return fail({ code: 'aborted', where, expected, got: aborted }, { cause: signal.reason });
  if (end.timedOut) return died('none: the process was killed');
  if (end.reply === undefined) return died(`none: the process ended with ${end.status}`);
  const { error } = end.reply;
  return died(`the error "${error instanceof Error ? error.message : error}"`, error);
}

interface ChildExit {
  readonly reply: Reply | undefined;
  readonly timedOut: boolean;
  /** Exit code or signal. */
  readonly status: string;
}

type ChildOptions = Required<Pick<IsolateOptions, 'seconds' | 'execArgv'>> & Pick<IsolateOptions, 'signal'>;

function runChild(job: Job, { seconds, signal, execArgv }: ChildOptions): Promise<ChildExit> {
  const worker = spawn(process.execPath, [...execArgv, '--input-type=module', '--eval', bootstrap], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  let reply: Reply | undefined;
  let late = false;
  const kill = () => worker.kill('SIGKILL');
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, seconds * 1000);
  signal?.addEventListener('abort', kill);
  process.once('exit', kill);
  worker.once('message', (message) => {
    reply = message as Reply;
  });
  // A child that dies early is reported by how it ended, not by the message that did not reach it.
  worker.send({ module: String(job.module), name: job.name, args: job.args }, () => undefined);

  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('close', (code, by) => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
      process.off('exit', kill);
      resolve({ reply, timedOut: late, status: by === null ? `exit code ${code}` : `signal ${by}` });
    });
  });
}
