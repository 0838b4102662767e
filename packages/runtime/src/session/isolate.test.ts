import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { write } from '@onnxplain/graph';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { endless, floats, linear } from '../../test/models.js';
import { runIsolated } from './isolate.js';
import { openSession } from './session.js';

const runtime = pathToFileURL(createRequire(import.meta.url).resolve('onnxruntime-node')).href;

let folder: string;
let job: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onnxplain-'));
  const file = join(folder, 'jobs.mjs');
  job = pathToFileURL(file).href;
  await writeFile(
    file,
    `import ort from ${JSON.stringify(runtime)};
     export async function run(bytes, feeds) {
       const session = await ort.InferenceSession.create(bytes);
       const tensors = Object.entries(feeds).map(([name, { dtype, data, dims }]) => [name, new ort.Tensor(dtype, data, dims)]);
       const results = await session.run(Object.fromEntries(tensors));
       await session.release();
       return Object.fromEntries(Object.entries(results).map(([name, { data, dims }]) => [name, { data, dims }]));
     }
     export const double = (x) => 2 * x;
     export const crash = () => process.kill(process.pid, 'SIGFPE');
     export const leave = () => process.exit(3);
     export const complain = () => { throw new RangeError('too odd'); };
     export const wait = () => new Promise((done) => setTimeout(done, 60_000));`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

const x = floats([1, 3], [1, 0, 0]);

test('a model runs in the child and its arrays come back', async () => {
  const args = [write(linear()), { x }];
  const results = await runIsolated({ module: job, name: 'run', args }, { execArgv: [] });
  expect(results).toEqual({ logits: { dims: [1, 2], data: Float32Array.of(1.25, 0) } });
});

test('a model that never ends is killed after the limit and this process goes on', async () => {
  const args = [write(endless()), { x: floats([1], [1]) }];
  const started = performance.now();
  const failure = runIsolated({ module: job, name: 'run', args }, { execArgv: [], seconds: 2 });
  await expect(failure).rejects.toMatchObject({
    code: 'run-failed',
    message: expect.stringMatching(/within 2 s.*killed/),
  });
  expect(performance.now() - started).toBeLessThan(8000);
  const own = await openSession(write(linear()));
  expect((await own.run({ x })).logits.dims).toEqual([1, 2]);
  await own.release();
});

test.each([
  ['crash', /signal SIGFPE/],
  ['leave', /exit code 3/],
  ['complain', /too odd/],
  ['nowhere', /not a function/],
])('a job that ends by %s fails with how it ended', async (name, message) => {
  const failure = runIsolated({ module: job, name, args: [] }, { execArgv: [], seconds: 10 });
  await expect(failure).rejects.toMatchObject({
    code: 'run-failed',
    message: expect.stringMatching(message),
  });
});

test('a signal kills the child', async () => {
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 200);
  const failure = runIsolated({ module: job, name: 'wait', args: [] }, { execArgv: [], signal: stop.signal });
  await expect(failure).rejects.toMatchObject({ code: 'aborted' });
  const double = { module: job, name: 'double', args: [21] };
  await expect(runIsolated(double, { execArgv: [], signal: stop.signal })).rejects.toMatchObject({
    code: 'aborted',
  });
  expect(await runIsolated(double, { execArgv: [] })).toBe(42);
});
