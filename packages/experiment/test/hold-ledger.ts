import { once } from 'node:events';
import { OnnxplainError } from '@onnxplain/core';
import { openLedger } from '../src/open.js';
import { examplePlan } from './plan.js';

/**
 * Prints "ready" and waits for a line; then opens the ledger in the folder that is given, appends a cell named after this process, and holds
 * the ledger until stdin ends.
 */
async function hold(folder: string): Promise<void> {
  process.stdout.write('ready\n');
  await once(process.stdin, 'data');
  const ledger = await openLedger(folder, examplePlan(), { resume: true });
  await ledger.append(`cell of ${process.pid}`, { pid: process.pid });
  process.stdout.write('held\n');
  for await (const _ of process.stdin);
  await ledger.close();
}

await hold(process.argv[2]).catch((error: unknown) => {
  process.stdout.write(`${error instanceof OnnxplainError ? error.code : String(error)}\n`);
});
