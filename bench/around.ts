/**
 * Compares jobs with their floor: bare runs of the same graph, in plain sessions, with as many rows in as many runs as the job made, the
 * copies of the rows included. Job and floor alternate. Prints the median and the range of the time of both, the ratio of the medians, the
 * ratio of the least processor times, which other programs change least, and the ratio that is wanted.
 *
 *     tsx bench/around.ts [--rounds 15] [--only TEXT] [--threads 1] [--digits 200] [FILE.onnx ...]
 *
 * A file has one input of pictures and one output of classes; default: the shipped model. --only chooses jobs by a part of their name.
 */
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type Attribution, key, row, type Score, sizeOf, type Tensor, tensor } from '@onnxplain/core';
import { lower, write } from '@onnxplain/graph';
import { gradientGraph, type Model, open, openSession, type Session, score } from '@onnxplain/runtime';
import { explainInputs, makeExplainer, makeMetric, queryInputs } from 'onnxplain/pipeline';
import { imageRows, packagedDigits, readDigits } from '../scripts/idx.js';
import { benchArguments } from './arguments.js';
import { median } from './time.js';

const { values: given, positionals } = benchArguments({
  others: '[FILE.onnx...]',
  options: {
    rounds: { type: 'string', default: '15' },
    only: { type: 'string', default: '', form: 'TEXT' },
    threads: { type: 'string', default: '1' },
    digits: { type: 'string', default: '200' },
  },
});
const rounds = Number(given.rounds);
const threads = Number(given.threads);

/** Work on a score, and the largest ratio that is wanted of its time to that of its floor. */
interface Job {
  readonly name: string;
  readonly wanted: number;
  run(f: Score, x: Tensor): Promise<unknown>;
}

const explained = (expression: string): Job => {
  const explainer = makeExplainer(expression);
  return { name: expression, wanted: 1.1, run: (f, x) => explainer(f, x, key(0)) };
};

const measured = (expression: string, wanted: number): Job => {
  const metric = makeMetric(expression);
  const explain = makeExplainer('gradient');
  let attribution: Attribution | undefined;
  return {
    name: expression,
    wanted,
    async run(f, x) {
      attribution ??= await explain(f, x, key(0));
      await metric.measure({ f, x, attribution, explain }, key(1));
    },
  };
};

const jobs: readonly Job[] = [
  explained('gradient'),
  explained('integrated-gradients(steps=50)'),
  explained('smooth(gradient, gaussian(0.2), draws=50)'),
  measured('sensitivity-max(radius=0.2, draws=50, ball=linf)', 1.1),
  measured('infidelity(square(4), draws=1000)', 1.05),
  measured('infidelity(square(4), draws=10000)', 1.05),
  { ...explained('occlusion(4, 1)'), wanted: 1.05 },
];

/** One run of a graph. */
interface Run {
  readonly kind: 'forward' | 'backward';
  readonly rows: number;
}

/** A model, and the runs of its graphs. */
interface Watched {
  readonly model: Model;
  readonly runs: Run[];
}

function watched(model: Model): Watched {
  const runs: Run[] = [];
  const session: Model['session'] = async (name, make) => {
    const opened = await model.session(name, make);
    const kind = /^(value|output) /.test(name) ? 'forward' : 'backward';
    return {
      ...opened,
      get seconds() {
        return opened.seconds;
      },
      run(feeds, wanted) {
        runs.push({ kind, rows: Math.max(...Object.values(feeds).map(({ dims: [n = 1] }) => n)) });
        return opened.run(feeds, wanted);
      },
    };
  };
  return { model: { ...model, session }, runs };
}

type Bare = Readonly<Record<Run['kind'], Session>>;

async function bareSessions(model: Model, path: string): Promise<Bare> {
  const gradient = lower(gradientGraph(model, { keep: [] }), 'ort-cpu');
  return {
    forward: await openSession(readFileSync(path), { threads }),
    backward: await openSession(write(gradient), { threads }),
  };
}

/** Runs the graphs as a job did, with copies of x. */
async function runBare(bare: Bare, runs: readonly Run[], x: Tensor): Promise<void> {
  const size = sizeOf(x.shape);
  const most = Math.max(...runs.map(({ rows }) => rows));
  const buffer = new Float32Array(most * size);
  for (const { kind, rows } of runs) {
    for (let i = 0; i < rows; i++) buffer.set(x.data, i * size);
    const [input, target] = bare[kind].inputs;
    const data = buffer.subarray(0, rows * size);
    await bare[kind].run({
      [input.name]: { dtype: 'float32', dims: [rows, ...x.shape], data },
      ...(target && { [target.name]: { dtype: 'int64', dims: [rows], data: new BigInt64Array(rows) } }),
    });
  }
}

interface Time {
  readonly wall: number;
  readonly processor: number;
}

async function timeOf(work: () => Promise<unknown>): Promise<Time> {
  const [started, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: performance.now() - started, processor: (user + system) / 1000 };
}

/** Before times count, code is compiled and the fastest number of rows is found: at least so many rounds, and so many milliseconds. */
const WARM_UP = { rounds: 8, ms: 2000 };

/** Runs a job in turn with its floor, after some rounds in which the fastest number of rows is found. */
async function compare(name: string, wanted: number, { runs, job, floor }: Compared): Promise<void> {
  const times: { readonly job: Time; readonly floor: Time }[] = [];
  const started = performance.now();
  const isWarm = (done: number) => done >= WARM_UP.rounds && performance.now() - started >= WARM_UP.ms;
  for (let done = 0; times.length < rounds; done++) {
    const warm = isWarm(done);
    runs.length = 0;
    const ofJob = await timeOf(job);
    const ofFloor = await timeOf(() => floor(runs));
    if (warm) times.push({ job: ofJob, floor: ofFloor });
  }
  const column = (of: (pair: (typeof times)[number]) => number) => median(times.map(of));
  const range = (of: (pair: (typeof times)[number]) => number) => {
    const all = times.map(of);
    return `${column(of).toFixed(2)} (${Math.min(...all).toFixed(2)}-${Math.max(...all).toFixed(2)})`;
  };
  const wall = column((t) => t.job.wall) / column((t) => t.floor.wall);
  const least = (of: (pair: (typeof times)[number]) => number) => Math.min(...times.map(of));
  const processor = least((t) => t.job.processor) / least((t) => t.floor.processor);
  console.log(
    [
      name.padEnd(52),
      range((t) => t.job.wall).padStart(24),
      range((t) => t.floor.wall).padStart(24),
      wall.toFixed(3).padStart(8),
      processor.toFixed(3).padStart(10),
      `<= ${wanted}`.padStart(9),
      `  ${shown(runs)}`,
    ].join(''),
  );
}

interface Compared {
  /** Gets the runs of the job. */
  readonly runs: Run[];
  job(): Promise<unknown>;
  floor(runs: readonly Run[]): Promise<void>;
}

/** The runs in words: how many of which number of rows. */
function shown(runs: readonly Run[]): string {
  const counts = new Map<string, number>();
  for (const { kind, rows } of runs) {
    const name = `${rows} ${kind}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const texts = [...counts].sort((a, b) => b[1] - a[1]).map(([name, count]) => `${count} x ${name}`);
  return texts.length > 4 ? `${texts.slice(0, 4).join(', ')}, ...` : texts.join(', ');
}

/** Explains many digits in one call, each for its predicted class. */
async function compareMany({ model, runs }: Watched, bare: Bare, images: Tensor): Promise<void> {
  const inputs = Array.from({ length: images.shape[0] }, (_, i) => ({
    name: `digit ${i}`,
    tensor: row(images, i),
  }));
  const expressions = jobs.slice(0, 3).map(({ name }) => name);
  const explainers = expressions.map((expression) => makeExplainer(expression));
  const queried = await queryInputs(model, inputs);
  await compare(`${inputs.length} digits x (gradient, IG-50, SmoothGrad-50)`, 1.15, {
    runs,
    job: () => explainInputs(queried, { explainers }),
    floor: (made) => runBare(bare, made, inputs[0].tensor),
  });
}

async function around(path: string): Promise<void> {
  await using model = await open(path, { device: 'cpu', threads });
  const [{ dims = [] }] = model.inputs;
  const shape = dims.slice(1).map(Number);
  const test = readDigits(packagedDigits(), 't10k');
  const isDigit = sizeOf(shape) === 28 * 28;
  const x = isDigit
    ? tensor(imageRows(test, 0, 1), shape)
    : tensor(
        Float32Array.from({ length: sizeOf(shape) }, (_, i) => Math.sin(i)),
        shape,
      );
  const bare = await bareSessions(model, path);
  const own = watched(model);
  const head = ['job'.padEnd(52), 'ms'.padStart(24), 'floor ms'.padStart(24), 'ratio'.padStart(8)];
  console.log(`${basename(path)}, ${threads} thread${threads === 1 ? '' : 's'}`);
  console.log([...head, 'processor'.padStart(10), 'wanted'.padStart(9), '  runs'].join(''));
  for (const { name, wanted, run } of jobs) {
    if (!name.includes(given.only)) continue;
    const f = await score(own.model, { target: 0, layout: 'chw' });
    const { runs } = own;
    await compare(name, wanted, { runs, job: () => run(f, x), floor: (made) => runBare(bare, made, x) });
  }
  if (isDigit && 'digits'.includes(given.only)) {
    const count = Number(given.digits);
    await compareMany(own, bare, tensor(imageRows(test, 0, count), [count, ...shape]));
  }
  await Promise.all([bare.forward.release(), bare.backward.release()]);
}

const shipped = join(import.meta.dirname, '../models/mnist-cnn.onnx');
for (const path of positionals.length === 0 ? [shipped] : positionals) await around(path);
