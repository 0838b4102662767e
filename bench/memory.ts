/**
 * Measures the memory of this process while one model serves many scores: with values of its other input that are new each time, and of
 * inputs of many shapes, the largest first. The first tenth warms up; after it memory should stay flat: `growth` is the largest memory seen later
 * divided by that after the first tenth.
 */

import { setTimeout } from 'node:timers/promises';
import { tensor } from '@onnxplain/core';
import { attr, emptyGraph, type Graph, write } from '@onnxplain/graph';
import { type Model, open, score } from '@onnxplain/runtime';
import { benchArguments } from './arguments.js';
import { node, value } from './graph-parts.js';

const { values: given } = benchArguments({
  options: {
    scores: { type: 'string', default: '3000' },
    shapes: { type: 'string', default: '150' },
  },
});

const WIDTH = 256;
const HIDDEN = 4000;

const weights = (...dims: [number, number]) => {
  const data = Float32Array.from({ length: dims[0] * dims[1] }, (_, i) => Math.sin(i) / 10);
  return { dtype: 'float32', dims, data } as const;
};

/** A text model with 8 MB of weights: vectors of words x and a mask, both [N, length, 256], to four classes. */
const text: Graph = {
  ...emptyGraph({ '': 17 }),
  name: 'text',
  inputs: [value('x', ['N', 'length', WIDTH]), value('mask', ['N', 'length', WIDTH])],
  outputs: [value('logits', ['N', 4])],
  constants: new Map([
    ['mix', weights(WIDTH, WIDTH)],
    ['wide', weights(WIDTH, HIDDEN)],
    ['narrow', weights(HIDDEN, WIDTH)],
    ['head', weights(WIDTH, 4)],
  ]),
  nodes: [
    node('MatMul', ['x', 'mix'], 'mixed'),
    node('Tanh', ['mixed'], 'words'),
    node('Mul', ['words', 'mask'], 'masked'),
    node('ReduceMean', ['masked'], 'pooled', { axes: { kind: 'ints', value: [1] }, keepdims: attr.int(0) }),
    node('MatMul', ['pooled', 'wide'], 'hidden'),
    node('Tanh', ['hidden'], 'active'),
    node('MatMul', ['active', 'narrow'], 'narrowed'),
    node('MatMul', ['narrowed', 'head'], 'logits'),
  ],
};

const filled = (length: number, number: number) =>
  tensor(new Float32Array(length * WIDTH).fill(number), [1, length, WIDTH]);

async function explain(model: Model, length: number, mask: number): Promise<void> {
  const feeds = { mask: filled(length, mask) };
  const f = await score(model, { target: 1, input: 'x', shape: [length, WIDTH], feeds });
  await f.gradient(filled(length, 1 / mask));
}

/** Memory of the process in MiB, after what is not referenced was collected where Node runs with --expose-gc. */
async function residentMiB(): Promise<number> {
  globalThis.gc?.();
  // Native memory is freed in later turns of the event loop.
  await setTimeout(50);
  return process.memoryUsage.rss() / 2 ** 20;
}

async function follow(name: string, count: number, work: (i: number) => Promise<void>): Promise<void> {
  const tenths: number[] = [];
  for (let i = 0; i < count; i++) {
    await work(i);
    if ((i + 1) % Math.ceil(count / 10) === 0) tenths.push(await residentMiB());
  }
  const mib = tenths.map((each) => each.toFixed(0)).join(' ');
  console.log(
    `${count} ${name}: ${mib} MiB after each tenth, growth ${(Math.max(...tenths) / tenths[0]).toFixed(3)}`,
  );
}

await using model = await open(write(text), { device: 'cpu', threads: 1 });
console.log(`before: ${(await residentMiB()).toFixed(0)} MiB`);
await follow('scores with own feeds', Number(given.scores), (i) => explain(model, 16, i + 1));
const shapes = Number(given.shapes);
await follow('shapes', shapes, (i) => explain(model, shapes - i, 1));
console.log(`${model.openSessions()} session open`);
