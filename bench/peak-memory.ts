/**
 * Measures the memory of fresh processes of plain Node:
 *
 * - the peak of jobs on the shipped model with a number of draws, 10 times and 100 times as many: it should grow by less than a tenth;
 * - what a model of 24 MB of weights takes beside the process: in a plain session of ONNX Runtime, with the values of a score, and with its
 *   values and gradients, which should take at most 2.2 times as much as the plain session. The allocator of Linux keeps what was freed;
 *   the second number of each is that of a process in which it returns it (MALLOC_TRIM_THRESHOLD_=131072).
 *
 *     tsx bench/peak-memory.ts [--only draws|sessions]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { attr, emptyGraph, type Graph, write } from '@onnxplain/graph';
import { benchArguments } from './arguments.js';
import { node, value } from './graph-parts.js';
import { median } from './time.js';

const { values: given } = benchArguments({
  options: { only: { type: 'string', default: '', form: 'draws|sessions' } },
});

/** Expressions of jobs, with DRAWS in place of their number, and that number at first. */
const jobs: readonly (readonly [job: string, draws: number])[] = [
  ['infidelity(square(4), draws=DRAWS)', 1000],
  ['infidelity(noisy-baseline(0.2), draws=DRAWS)', 1000],
  ['sensitivity-max(radius=0.2, draws=DRAWS)', 50],
  ['smooth(gradient, gaussian(0.2), draws=DRAWS)', 50],
  ['gradient-shap([0], 0.1, DRAWS)', 200],
  ['kernel-shap(DRAWS, features=4)', 200],
];
const TIMES = 100;

const once = join(import.meta.dirname, 'peak-once.mjs');

/** The number that `peak-once.mjs` prints. */
function inChild(args: readonly string[], env: NodeJS.ProcessEnv = {}): number {
  const child = spawnSync(process.execPath, ['--expose-gc', once, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (child.status !== 0) throw new Error(child.stderr);
  return Number(child.stdout.trim());
}

const weights = (...dims: number[]) => {
  const length = dims.reduce((product, dim) => product * dim, 1);
  const scale = Math.sqrt((2 * dims[0]) / length);
  return {
    dtype: 'float32',
    dims,
    data: Float32Array.from({ length }, (_, i) => scale * Math.sin(i)),
  } as const;
};

const CHANNELS = 256;
const LAYERS = 10;

/** Convolutions of 3 x 3 with 24 MB of weights in all, then the mean of each channel and ten classes. */
function convolutions(): Graph {
  const layers = Array.from({ length: LAYERS }, (_, i) => i);
  const nodes = layers.flatMap((i) => [
    node('Conv', [i === 0 ? 'x' : `relu${i - 1}`, `w${i}`], `conv${i}`, {
      kernel_shape: { kind: 'ints', value: [3, 3] },
      pads: { kind: 'ints', value: [1, 1, 1, 1] },
    }),
    node('Relu', [`conv${i}`], `relu${i}`),
  ]);
  return {
    ...emptyGraph({ '': 17 }),
    name: 'convolutions',
    inputs: [value('x', ['N', CHANNELS, 8, 8])],
    outputs: [value('logits', ['N', 10])],
    constants: new Map([
      ...layers.map((i) => [`w${i}`, weights(CHANNELS, CHANNELS, 3, 3)] as const),
      ['head', weights(CHANNELS, 10)] as const,
    ]),
    nodes: [
      ...nodes,
      node('GlobalAveragePool', [`relu${LAYERS - 1}`], 'pooled'),
      node('Flatten', ['pooled'], 'flat', { axis: attr.int(1) }),
      node('MatMul', ['flat', 'head'], 'logits'),
    ],
  };
}

function compareDraws(): void {
  console.log(
    `peak of the process in MiB with draws, 10 times and ${TIMES} times as many (growth of 1.10 wanted)`,
  );
  for (const [job, draws] of jobs) {
    const counts = [draws, 10 * draws, TIMES * draws];
    const peaks = counts.map((n) =>
      median([1, 2, 3].map(() => inChild(['job', job.replace('DRAWS', `${n}`)]))),
    );
    const shown = counts.map((n, i) => `${n}: ${peaks[i].toFixed(0)}`).join(', ');
    console.log(`${job.padEnd(48)} ${shown}, growth ${(peaks[2] / peaks[0]).toFixed(2)}`);
  }
}

const uses = ['plain', 'values', 'gradients'] as const;

function compareSessions(): void {
  const folder = mkdtempSync(join(tmpdir(), 'peak-memory-'));
  try {
    const path = join(folder, 'convolutions.onnx');
    writeFileSync(path, write(convolutions()));
    console.log(`a model of ${(statSync(path).size / 1e6).toFixed(1)} MB, MiB beside the process`);
    const memoryOf = (use: string, env?: NodeJS.ProcessEnv) =>
      median([1, 2, 3].map(() => inChild([use, path], env)));
    const kept = uses.map((use) => memoryOf(use));
    for (const [i, use] of uses.entries()) {
      const ratio = (kept[i] / kept[0]).toFixed(2);
      const returned = memoryOf(use, { MALLOC_TRIM_THRESHOLD_: '131072' });
      console.log(
        `${use.padEnd(12)} ${kept[i].toFixed(1)} (${ratio} times plain), returned: ${returned.toFixed(1)}`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if ('sessions'.includes(given.only)) compareSessions();
if ('draws'.includes(given.only)) compareDraws();
