/**
 * Runs one job, or opens one model, as plain Node runs the built packages, and prints MiB: the peak of the process after a job
 * (`job EXPRESSION [ROWS]`, with at most ROWS rows in a run; default: as many as are measured to be fastest), or what a model takes beside
 * the memory of the process before (`plain|values|gradients FILE`).
 */
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { key, tensor } from '@onnxplain/core';
import { open, openSession, score } from '@onnxplain/runtime';
import { makeExplainer, makeMetric } from 'onnxplain/pipeline';

const [mode, argument, rows] = process.argv.slice(2);
if (mode === '--help' || argument === undefined) {
  (mode === '--help' ? console.log : console.error)(
    'usage: node --expose-gc bench/peak-once.mjs job EXPRESSION [ROWS] | plain FILE.onnx | values FILE.onnx | gradients FILE.onnx',
  );
  process.exit(mode === '--help' ? 0 : 2);
}
const MiB = 2 ** 20;
const shipped = join(import.meta.dirname, '../models/mnist-cnn.onnx');
const digit = tensor(
  Float32Array.from({ length: 784 }, (_, i) => Math.max(0, Math.sin(i / 9))),
  [1, 28, 28],
);

async function peakOf(expression) {
  const model = await open(shipped, { device: 'cpu' });
  const f = await score(model, { target: 7, layout: 'chw', ...(rows && { batch: Number(rows) }) });
  const explain = makeExplainer('gradient');
  const subject = { f, x: digit, explain, attribution: await explain(f, digit, key(0)) };
  if (/^(infidelity|sensitivity)/.test(expression)) await makeMetric(expression).measure(subject, key(1));
  else await makeExplainer(expression)(f, digit, key(1));
  await model.close();
  return process.resourceUsage().maxRSS / 1024;
}

/** Memory of the process in bytes, when what is not referenced was collected. */
async function resident() {
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    // Native memory is freed in later turns of the event loop.
    await setTimeout(50);
  }
  return process.memoryUsage.rss();
}

/** Uses a model with one input [N, 256, 8, 8]. Returns what keeps its sessions open. */
async function use(path) {
  const x = tensor(new Float32Array(256 * 64).fill(0.5), [1, 256, 8, 8]);
  if (mode === 'plain') {
    const session = await openSession(path);
    await session.run({ x: { dtype: 'float32', dims: x.shape, data: x.data } });
    return session;
  }
  const model = await open(path, { device: 'cpu' });
  const f = await score(model, { target: 0 });
  await f.value(x);
  if (mode === 'gradients') await f.gradient(x);
  return { model, f };
}

async function memoryOf(path) {
  // What the first model of a process takes is no part of it.
  const small = await open(shipped, { device: 'cpu' });
  const f = await score(small, { target: 0 });
  await f.gradient({ ...digit, shape: [1, 1, 28, 28] });
  const before = await resident();
  const opened = await use(path);
  const after = await resident();
  await (opened.model ?? opened)[opened.model === undefined ? 'release' : 'close']();
  return (after - before) / MiB;
}

console.log(mode === 'job' ? await peakOf(argument) : await memoryOf(argument));
