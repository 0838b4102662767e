/**
 * Runs a command in a process of its own and follows it. This file is loaded before each command, so that it imports nothing of the toolkit
 * but in the case of an error.
 */
import { spawn } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type End, limitMemory, limitTime, type Watched, watch } from '../isolated/watch.js';
import { onLongStep } from './long-step.js';
import type { Began, FromWorker, ToWorker } from './messages.js';

/** Milliseconds after Ctrl-C in which the process has to answer. Native code that runs longer is ended with its process. */
const ANSWER_WITHIN = 400;

/** Milliseconds after Ctrl-C in which a process that answered has to end. Results that it finished are on disk by then. */
const END_WITHIN = 5000;

/** The exit code of a command that was stopped, 128 + SIGINT, as shells have it. */
const STOPPED = 130;

const worker = fileURLToPath(new URL(`./worker${extname(import.meta.url)}`, import.meta.url));

/** Runs a command and returns its exit code. A crash, an endless run or too much memory of a model ends in an error that names it. */
export async function runWatched(argv: readonly string[]): Promise<number> {
  // The arguments go by message: onnxruntime-node crashes where a command line is long.
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc'] as const;
  const watched = watch(spawn(process.execPath, [...process.execArgv, worker], { stdio: [...stdio] }));
  const send = (message: ToWorker) => watched.child.connected && watched.child.send(message);
  const state: State = { stopping: false, answered: false };
  if (!argv.includes('--quiet')) onLongStep(watched, (text) => process.stderr.write(text));
  watched.child.on('message', (message: FromWorker) => {
    if (message.kind === 'stopping') state.answered = true;
    else if (message.kind === 'began') {
      state.began = message.began;
      // The timer would keep this process after the end of the command.
      void watched.ended.then(limitTime(watched, message.began.limits.seconds));
      limitMemory(watched, message.began.limits.memoryBytes);
    }
  });
  const release = stopOnSignals(watched, state, () => send({ kind: 'stop' }));
  send({ kind: 'run', argv });
  const end = await watched.ended;
  release();
  removeEmptyLog(watched.child.pid);
  return exitCodeOf(end, state, argv);
}

/** ONNX Runtime makes an empty log file in each process, and leaves it. */
function removeEmptyLog(pid: number | undefined): void {
  const log = join(tmpdir(), `mat-debug-${pid}.log`);
  if (statSync(log, { throwIfNoEntry: false })?.size === 0) rmSync(log, { force: true });
}

interface State {
  began?: Began;
  stopping: boolean;
  answered: boolean;
}

/**
 * Stops the process on the first signal, after the run under way or {@link END_WITHIN}, at once where it does not answer; on the second
 * signal at once.
 */
function stopOnSignals(watched: Watched, state: State, stop: () => void): () => void {
  const onSignal = () => {
    if (state.stopping) return watched.kill({ kind: 'stopped' });
    state.stopping = true;
    stop();
    setTimeout(() => {
      if (!state.answered) return watched.kill({ kind: 'stopped' });
      process.stderr.write(
        `stopping after the run under way, at most ${END_WITHIN / 1000} s; once more to quit\n`,
      );
      setTimeout(() => watched.kill({ kind: 'stopped' }), END_WITHIN - ANSWER_WITHIN).unref();
    }, ANSWER_WITHIN).unref();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}

async function exitCodeOf(end: End, { began, stopping }: State, argv: readonly string[]): Promise<number> {
  if (end.kind === 'exit') return end.code;
  if (process.stderr.isTTY) process.stderr.write(SHOW_CURSOR);
  // A signal to the whole group ends a process that is still starting.
  if (end.kind === 'stopped' || (end.kind === 'signal' && stopping)) {
    process.stderr.write('stopped\n');
    return STOPPED;
  }
  const { writeDeath } = await import('./death.js');
  return writeDeath(end, began ?? { command: argv[0] ?? '', subject: argv[1] ?? '', limits: {} }, argv);
}

/** A progress bar hides the cursor. */
const SHOW_CURSOR = '\u001b[?25h';
