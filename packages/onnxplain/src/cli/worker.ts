/** The process that does the work of one command. `watched.ts` starts it and follows it. */
import { Worker } from 'node:worker_threads';
import type { FromWorker, ToWorker } from './messages.js';
import { main } from './program.js';
import { endOnStreamErrors } from './stream-errors.js';

/** Ends this process when the one that started it is gone. It runs in a thread of its own, since native code may hold the main thread. */
const END_WITH_PARENT = `
const { workerData: parent } = require('node:worker_threads');
setInterval(() => process.ppid === parent || process.kill(process.pid, 'SIGKILL'), 200);
`;
new Worker(END_WITH_PARENT, { eval: true, execArgv: [], workerData: process.ppid }).unref();

const controller = new AbortController();

// Terminals and supervisors send signals to this process too; the process that watches it decides.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
endOnStreamErrors();
process.once('disconnect', leave);
process.on('message', (message: ToWorker) => {
  if (message.kind === 'run') void run(message.argv);
  else {
    controller.abort();
    send({ kind: 'stopping' });
  }
});

setInterval(() => send({ kind: 'alive' }), 1000).unref();

async function run(argv: readonly string[]): Promise<void> {
  process.exitCode = await main(argv, {
    out: process.stdout,
    err: process.stderr,
    signal: controller.signal,
    began: (began) => send({ kind: 'began', began }),
  });
  process.off('disconnect', leave);
  process.disconnect();
}

function send(message: FromWorker): void {
  if (process.connected) process.send?.(message);
}

/** Ends the process: nobody waits for its work any more. */
function leave(): void {
  process.exit(1);
}
