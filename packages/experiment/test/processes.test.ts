import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openLedger } from '../src/open.js';
import { examplePlan } from './plan.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'onnxplain-processes-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const locks = () => readdirSync(folder).filter((name) => name.startsWith('lock-'));
const resume = () => openLedger(folder, examplePlan(), { resume: true });

interface Holder {
  readonly child: ChildProcess;
  /** 'held', or the code of the error with which the ledger was refused. */
  readonly answer: Promise<string>;
}

/** Starts processes and lets all of them open the ledger in the folder at the same time. */
async function startHolders(count: number): Promise<readonly Holder[]> {
  const script = join(import.meta.dirname, 'hold-ledger.ts');
  const children = Array.from({ length: count }, () =>
    spawn(process.execPath, ['--import', 'tsx', '--conditions=source', script, folder], {
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  await Promise.all(children.map((child) => once(child.stdout, 'data')));
  for (const child of children) child.stdin.write('go\n');
  return children.map((child) => ({
    child,
    answer: once(child.stdout, 'data').then(([data]) => String(data).trim()),
  }));
}

async function end({ child }: Holder, signal?: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  if (signal === undefined) child.stdin?.end();
  else child.kill(signal);
  await exited;
}

/** Of processes that start at the same time, how many hold the ledger; the others are refused. */
async function holdersOf(count: number): Promise<number> {
  const holders = await startHolders(count);
  const answers = await Promise.all(holders.map(({ answer }) => answer));
  await Promise.all(holders.map((holder) => end(holder)));
  const held = answers.filter((answer) => answer === 'held').length;
  expect(answers.filter((answer) => answer === 'usage')).toHaveLength(count - held);
  return held;
}

test('of three processes that open a ledger at once, one holds it, and its line is the only one', async () => {
  expect(await holdersOf(3)).toBe(1);
  expect(locks()).toEqual([]);
  expect(readFileSync(join(folder, 'cells.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(1);
});

test('a ledger that another process holds is refused, until that process is killed; its lines are kept', async () => {
  const [holder] = await startHolders(1);
  expect(await holder.answer).toBe('held');
  const { pid } = holder.child;
  await expect(resume()).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(`process ${pid} on ${hostname()}`),
  });
  await end(holder, 'SIGKILL');
  expect(locks()).toEqual(['lock-1']);
  const ledger = await resume();
  expect(ledger.notices).toEqual([expect.stringContaining(`process ${pid} on ${hostname()} no longer runs`)]);
  expect(await ledger.read(`cell of ${pid}`, 'pid')).toBe(pid);
  expect(locks()).toEqual(['lock-2']);
  await ledger.close();
  expect(locks()).toEqual([]);
});

test('of three processes that find the lock of a dead one, one takes it over', async () => {
  const [killed] = await startHolders(1);
  await killed.answer;
  await end(killed, 'SIGKILL');
  expect(await holdersOf(3)).toBe(1);
  expect(locks()).toEqual([]);
  expect(readFileSync(join(folder, 'cells.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(2);
});
