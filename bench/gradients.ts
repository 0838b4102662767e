/**
 * Compares the time of gradient graphs with that of the forward pass of the same file, both in plain sessions with as many threads:
 *
 *     tsx bench/gradients.ts FOLDER [--rounds 15] [--only NAME] [--batch N] [--threads 2] [--spin 0] [--processor] [--profile]
 *
 * FOLDER holds .onnx files of one input and one output of scores (`scripts/exports/networks.py` makes those with a target). With
 * --processor it compares the processor time of one thread, on which other programs have little influence. With --profile it prints the time
 * of each operator in both, with one thread and with --threads, which wait 30 µs for the next operator. The profiler adds a little to each
 * operator, much inside a Scan. `--spin` is the option of `open`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Graph, grad, lower, read, write } from '@onnxplain/graph';
import { openSession, type Session } from '@onnxplain/runtime';
import { benchArguments } from './arguments.js';
import { printOperatorTimes } from './operator-times.js';
import { randomFeeds } from './random-feeds.js';
import { interleaved, processorSeconds } from './time.js';

const { values: given, positionals } = benchArguments({
  others: 'FOLDER',
  options: {
    rounds: { type: 'string', default: '15' },
    only: { type: 'string', form: 'NAME' },
    batch: { type: 'string', form: 'N' },
    threads: { type: 'string', default: '2' },
    spin: { type: 'string', default: '0' },
    processor: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
  },
});
const rounds = Number(given.rounds);
const [folder] = positionals;

/** Goal: the greatest ratio of the time for value and gradient to the time of the forward pass. */
const TARGETS: Readonly<Record<string, number>> = {
  lenet: 2.4,
  resnet18: 2.2,
  vgg11: 2.1,
  mobilenet_v2: 2.6,
  densenet121: 2.4,
  vit_small: 2.2,
  lstm: 2.8,
};
const CREATION_TARGET = 3;
const BATCHES: Readonly<Record<string, number>> = { lstm: 16, lenet: 50 };
const batchOf = (name: string): number => Number(given.batch ?? BATCHES[name] ?? 8);

interface Compared {
  readonly forward: number;
  readonly gradient: number;
}

const open = (bytes: Uint8Array) =>
  openSession(bytes, { threads: given.processor ? 1 : Number(given.threads), spin: Number(given.spin) });

async function runCost(
  sessions: Readonly<Record<keyof Compared, Session>>,
  graph: Graph,
  batch: number,
): Promise<Compared> {
  const fed = randomFeeds(graph, batch);
  return interleaved(
    { forward: () => sessions.forward.run(fed), gradient: () => sessions.gradient.run(fed) },
    rounds,
    given.processor ? processorSeconds : undefined,
  );
}

function creationCost(bytes: Readonly<Record<keyof Compared, Uint8Array>>): Promise<Compared> {
  const create = async (model: Uint8Array) => (await open(model)).release();
  return interleaved({ forward: () => create(bytes.forward), gradient: () => create(bytes.gradient) }, 5);
}

async function measure(path: string) {
  const name = basename(path, '.onnx');
  const file = readFileSync(path);
  const forward = read(file);
  const gradient = lower(grad(forward), 'ort-cpu');
  const bytes = { forward: file, gradient: write(gradient) };
  const creation = await creationCost(bytes);
  const sessions = { forward: await open(bytes.forward), gradient: await open(bytes.gradient) };
  const run = await runCost(sessions, gradient, batchOf(name));
  await Promise.all([sessions.forward.release(), sessions.gradient.release()]);
  return { name, nodes: [forward.nodes.length, gradient.nodes.length], run, creation };
}

async function printProfile(path: string): Promise<void> {
  const name = basename(path, '.onnx');
  const file = readFileSync(path);
  const gradient = lower(grad(read(file)), 'ort-cpu');
  const batch = batchOf(name);
  console.log(`${name}, ${batch} rows`);
  await printOperatorTimes({
    forward: file,
    gradient: write(gradient),
    feeds: randomFeeds(gradient, batch),
    threads: Number(given.threads),
    runs: rounds,
  });
}

const ms = (seconds: number) => (1000 * seconds).toFixed(1);
const ratio = ({ forward, gradient }: Compared) => (gradient / forward).toFixed(2);
const columns = [
  'model',
  'nodes',
  'forward ms',
  'value+grad ms',
  'ratio',
  'target',
  'creation ms',
  'ratio',
  'target',
];
const widths = [14, 12, 11, 14, 7, 7, 16, 7, 7];
const line = (cells: readonly string[]) =>
  cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[i]))).join('');

async function printCosts(path: string): Promise<void> {
  const { name, nodes, run, creation } = await measure(path);
  console.log(
    line([
      name,
      nodes.join(' > '),
      ms(run.forward),
      ms(run.gradient),
      ratio(run),
      `${TARGETS[name] ?? '-'}`,
      `${ms(creation.forward)} > ${ms(creation.gradient)}`,
      ratio(creation),
      `${CREATION_TARGET}`,
    ]),
  );
}

if (!given.profile) console.log(line(columns));
for (const file of readdirSync(folder)
  .filter((entry) => entry.endsWith('.onnx'))
  .sort()) {
  if (given.only !== undefined && basename(file, '.onnx') !== given.only) continue;
  await (given.profile ? printProfile : printCosts)(join(folder, file));
}
