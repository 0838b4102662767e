import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, onTestFinished, test, vi } from 'vitest';
import { type Isolated, isolated } from './isolated.js';
import type { ProcessLimits } from './watch.js';

const folder = mkdtempSync(join(tmpdir(), 'isolated-'));
// The process is started from the source, as this test is.
vi.stubEnv('NODE_OPTIONS', '--import tsx --conditions=source');
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

interface Job {
  readonly what: string;
  readonly values?: Float32Array;
}

const JOB = `
let calls = 0;
export default async ({ what, values }) => {
  calls += 1;
  if (what === 'die') process.kill(process.pid, 'SIGSEGV');
  if (what === 'exit') process.exit(3);
  if (what === 'block') for (;;);
  if (what === 'wait') await new Promise((resolve) => setTimeout(resolve, 60000));
  if (what === 'grow') { const held = []; for (;;) held.push(Buffer.alloc(2 ** 24, 1)); }
  if (what === 'throw') throw new TypeError('wrong job');
  if (what === 'function') return () => 1;
  return { calls, pid: process.pid, doubled: values?.map((value) => 2 * value) };
};`;

interface Done {
  readonly calls: number;
  readonly pid: number;
  readonly doubled?: Float32Array;
}

const addressOf = (name: string, text: string): URL => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return pathToFileURL(path);
};
const job = addressOf('job.mjs', JOB);

function start(limits?: ProcessLimits): Isolated<Job, Done> {
  const made = isolated<Job, Done>(job, limits);
  onTestFinished(() => made.close());
  return made;
}

test('limits that are not positive numbers are refused', () => {
  for (const limits of [{ seconds: 0 }, { seconds: Number.NaN }, { memoryBytes: -1 }])
    expect(() => isolated(job, limits)).toThrow('expected a positive number');
});

test('a limit of time longer than 2^31 milliseconds does not end a call', async () => {
  await expect(start({ seconds: 1e9 }).call({ what: 'count' })).resolves.toMatchObject({ calls: 1 });
});

test('a call returns what the function returns, typed arrays included, from one process for all calls', async () => {
  const jobs = start();
  const first = await jobs.call({ what: 'double', values: Float32Array.of(1, 2.5) });
  expect(first.doubled).toEqual(Float32Array.of(2, 5));
  const second = await jobs.call({ what: 'count' });
  expect(second).toMatchObject({ calls: 2, pid: first.pid });
  expect(first.pid).not.toBe(process.pid);
});

test.each([
  ['die', /signal SIGSEGV/],
  ['exit', /exit code 3/],
])(
  'a process that ends by "%s" is an error of its call, and the next call has a new process',
  async (what, words) => {
    const jobs = start();
    await expect(jobs.call({ what })).rejects.toMatchObject({
      code: 'process-died',
      message: expect.stringMatching(words),
    });
    expect(await jobs.call({ what: 'count' })).toMatchObject({ calls: 1 });
  },
);

test('a call that blocks its process ends at the time limit', async () => {
  const jobs = start({ seconds: 1 });
  await expect(jobs.call({ what: 'block' })).rejects.toMatchObject({ code: 'time-limit' });
});

test('a process that takes too much memory ends at the memory limit', async () => {
  const jobs = start({ memoryBytes: 400 * 2 ** 20 });
  await expect(jobs.call({ what: 'grow' })).rejects.toMatchObject({ code: 'memory-limit' });
});

test('a signal ends a call that blocks, at once', async () => {
  const jobs = start();
  await jobs.call({ what: 'count' });
  const began = performance.now();
  const signal = AbortSignal.timeout(100);
  await expect(jobs.call({ what: 'block' }, { signal })).rejects.toMatchObject({ code: 'aborted' });
  expect(performance.now() - began).toBeLessThan(2000);
  await expect(jobs.call({ what: 'count' }, { signal })).rejects.toMatchObject({ code: 'aborted' });
});

test('errors of the function come back with their message, and what cannot be copied is an error', async () => {
  const jobs = start();
  await expect(jobs.call({ what: 'throw' })).rejects.toThrow('wrong job');
  await expect(jobs.call({ what: 'function' })).rejects.toThrow(/could not be cloned/);
  expect(await jobs.call({ what: 'count' })).toMatchObject({ calls: 3 });
});

test('closing ends calls under way, and later calls are refused', async () => {
  const jobs = start();
  await jobs.call({ what: 'count' });
  const waiting = jobs.call({ what: 'wait' });
  const refused = expect(waiting).rejects.toMatchObject({ code: 'closed' });
  await jobs.close();
  await refused;
  await expect(jobs.call({ what: 'count' })).rejects.toMatchObject({ code: 'closed' });
});

test('a module without a function, or that is missing, is an error of each call', async () => {
  const none = isolated<Job, Done>(addressOf('none.mjs', 'export const answer = 42;'));
  onTestFinished(() => none.close());
  await expect(none.call({ what: 'count' })).rejects.toMatchObject({ code: 'usage' });
  const missing = isolated<Job, Done>(pathToFileURL(join(folder, 'missing.mjs')));
  onTestFinished(() => missing.close());
  await expect(missing.call({ what: 'count' })).rejects.toThrow(/missing\.mjs/);
});
