/**
 * Compares six jobs of Captum with ours: the same file, input, options, number of threads and number of evaluated rows, one after the other
 * in turn, in two processes that stay alive:
 *
 *     pnpm bench-captum [NETWORK...] [--python python3] [--rounds N] [--jobs gradient,occlusion] [--processor] [--spin N]
 *
 * NETWORK is lenet or resnet18, by default both. `--python` names an interpreter with torch, torchvision, captum and onnx; where one of them is
 * missing, it says so and measures nothing. Prints the medians with their ranges, and Captum's time divided by ours, also that of the first
 * job of each turn, which follows a pause. With --processor it compares the processor time that each process spends with one thread, on which
 * other programs have little influence. `--spin` is the option of `open`.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { gaussian, key, type Score, square, type Tensor, tensor } from '@onnxplain/core';
import { gradient, integratedGradients, occlusion, smooth } from '@onnxplain/explainers';
import { infidelity, sensitivityMax } from '@onnxplain/metrics';
import { open, predict, score } from '@onnxplain/runtime';
import { benchArguments, refuseArgument } from './arguments.js';
import { median } from './time.js';

const { values: given, positionals } = benchArguments({
  others: '[NETWORK...]',
  options: {
    python: { type: 'string', default: 'python3' },
    rounds: { type: 'string', form: 'N' },
    jobs: { type: 'string', form: 'gradient,occlusion' },
    spin: { type: 'string', form: 'N' },
    processor: { type: 'boolean', default: false },
  },
});
const threads = given.processor ? 1 : 2;
const spin = given.spin === undefined ? undefined : Number(given.spin);

const NAMES = [
  'infidelity',
  'sensitivity',
  'integrated-gradients',
  'smooth-grad',
  'occlusion',
  'gradient',
] as const;
type JobName = (typeof NAMES)[number];

const asked = given.jobs?.split(',') ?? NAMES;
const unknown = asked.find((name) => !NAMES.some((known) => known === name));
if (unknown !== undefined) refuseArgument(`no job ${unknown}; there are ${NAMES.join(', ')}`);

interface Plan {
  /** The least ratio of Captum's time to ours that is wanted, in the order of the names. */
  readonly goals: readonly number[];
  /** How often each job runs in one turn, after a first one, so that a turn is long enough to be timed. */
  readonly repeats: readonly number[];
  /** The number of turns by default. */
  readonly rounds: number;
}

const NETWORKS: Readonly<Record<string, Plan>> = {
  lenet: { goals: [2, 1.6, 2, 1.6, 2.5, 2.5], repeats: [1, 4, 4, 4, 8, 25], rounds: 15 },
  resnet18: { goals: [1.75, 1.5, 1.5, 1.5, 1.6, 1.6], repeats: [1, 1, 1, 1, 1, 3], rounds: 3 },
};
/** Greatest difference between scores of torch and of ONNX Runtime, relative to the greatest score. */
const AGREEMENT = 1e-4;
/** Milliseconds after each job, in which the threads of the other process go to sleep. */
const PAUSE = 20;

/** What captum_jobs.py says of the network that it exported. */
interface Exported {
  readonly model: string;
  readonly shape: readonly number[];
  /** Two inputs and the scores of torch for them. The first input is explained. */
  readonly rows: readonly number[];
  readonly scores: readonly (readonly number[])[];
  readonly target: number;
  readonly versions: string;
  readonly chunks: string;
}

/** What one job took, on average over those of a turn. */
interface Took {
  readonly seconds: number;
  readonly processor: number;
  /** Rows that the model evaluated, alone or with their gradients. */
  readonly rows: number;
}

/** Runs a job a number of times. */
type Job = (repeats: number) => Promise<Took>;

/** Starts captum_jobs.py, and returns a function that sends a line and awaits the answer. */
function startPeer() {
  const child = spawn(given.python, [join(import.meta.dirname, 'peers/captum_jobs.py')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.once('error', ({ message }) => refuseArgument(`--python: ${message}`));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (question: unknown) => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error('captum_jobs.py ended without an answer');
    return JSON.parse(value);
  };
  return { ask, end: () => child.stdin.end() };
}

/** Our jobs, with the options of jobs_of in captum_jobs.py. */
async function ourJobs(f: Score, x: Tensor): Promise<Readonly<Record<JobName, Job>>> {
  const [, height] = x.shape;
  const slope = gradient();
  const attribution = await slope(f, x, key(0));
  const squares = infidelity(square({ size: Math.floor(height / 4) }), { draws: 1000 });
  const stability = sensitivityMax({ radius: 0.1, ball: 'linf', draws: 50, normalize: true });
  const explainers = {
    'integrated-gradients': integratedGradients({ steps: 50 }),
    'smooth-grad': smooth(slope, gaussian({ sigma: 0.2 }), { draws: 50 }),
    occlusion: occlusion({ window: Math.floor(height / 7) }),
    gradient: slope,
  };
  const explaining = Object.entries(explainers).map(([name, explain]) => {
    const job = async () => {
      const { forward, backward } = (await explain(f, x, key(1))).cost;
      return forward + backward;
    };
    return [name, timed(job)] as const;
  });
  const planned = ({ forward = 0, backward = 0 } = {}) => forward + backward;
  return {
    infidelity: timed(async () => {
      await squares.measure({ f, x, attribution }, key(2));
      return planned(squares.plannedCost?.(f, x, [slope]));
    }),
    sensitivity: timed(async () => {
      const subject = { f, x, attribution: await slope(f, x, key(0)), explain: slope };
      await stability.measure(subject, key(3));
      return 1 + planned(stability.plannedCost?.(f, x, [slope]));
    }),
    ...(Object.fromEntries(explaining) as Record<keyof typeof explainers, Job>),
  };
}

const timed =
  (work: () => Promise<number>): Job =>
  async (repeats) => {
    const [usage, started] = [process.cpuUsage(), performance.now()];
    let rows = 0;
    for (let i = 0; i < repeats; i++) rows = await work();
    const seconds = (performance.now() - started) / 1000 / repeats;
    const { user, system } = process.cpuUsage(usage);
    return { seconds, processor: (user + system) / 1e6 / repeats, rows };
  };

/** What one side took in all turns: for the first job of a turn, which follows a pause, and for each of the others. */
interface Turns {
  readonly first: Took[];
  readonly next: Took[];
}

/** Runs both jobs in turn, after one turn each that is not counted. */
async function inTurn(works: readonly [Job, Job], rounds: number, repeats: number) {
  const took: readonly [Turns, Turns] = [
    { first: [], next: [] },
    { first: [], next: [] },
  ];
  for (let round = -1; round < rounds; round++) {
    for (const [side, work] of works.entries()) {
      const [first, next] = [await work(1), await work(repeats)];
      if (round >= 0) {
        took[side].first.push(first);
        took[side].next.push(next);
      }
      await setTimeout(PAUSE);
    }
  }
  return took;
}

const timeOf = ({ seconds, processor }: Took) => (given.processor ? processor : seconds);

function spread(values: readonly number[], digits: number): string {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  return `${median(values).toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}

function printLine(name: string, [theirs, ours]: readonly [Turns, Turns], goal: number): void {
  const [a, b] = [theirs.next.map(timeOf), ours.next.map(timeOf)];
  const rows = [...new Set([theirs.next[0].rows, ours.next[0].rows])].join(' and ');
  const ratioOf = (one: readonly number[], other: readonly number[]) =>
    (median(one) / median(other)).toFixed(2);
  const ratio = ratioOf(a, b);
  const rested = ratioOf(theirs.first.map(timeOf), ours.first.map(timeOf));
  const ratios = a.map((each, i) => each / b[i]);
  const range = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`;
  const ms = (list: readonly number[]) =>
    spread(
      list.map((each) => 1000 * each),
      1,
    );
  console.log(`| ${name} | ${rows} | ${ms(a)} | ${ms(b)} | ${ratio} (${range}) | ${rested} | ${goal} |`);
}

/** Throws where ONNX Runtime does not give the scores of torch. */
function expectSameScores(theirs: readonly (readonly number[])[], ours: Tensor): void {
  const flat = theirs.flat();
  const size = Math.max(...flat.map(Math.abs));
  const difference = Math.max(...flat.map((value, i) => Math.abs(value - ours.data[i]))) / size;
  if (!(difference <= AGREEMENT))
    throw new Error(`the scores of torch and of ONNX Runtime differ by ${difference}`);
}

/** Measures one network. Returns false where Python lacks a package, which is printed. */
async function compare(network: string, folder: string): Promise<boolean> {
  const peer = startPeer();
  try {
    const exported: Exported & { skipped?: string } = await peer.ask({ network, folder, threads });
    if (exported.skipped !== undefined) {
      console.log(
        `Nothing is compared with Captum: ${exported.skipped} (--python names another interpreter)`,
      );
      return false;
    }
    await using model = await open(exported.model, { threads, spin });
    const rows = tensor(Float32Array.from(exported.rows), [2, ...exported.shape]);
    expectSameScores(exported.scores, (await predict(model, {}, rows)).scores);
    const f = await score(model, { target: exported.target });
    const x = tensor(rows.data.slice(0, rows.data.length / 2), exported.shape);
    const ours = await ourJobs(f, x);
    console.log(
      `${network}, [${exported.shape}], ${threads} threads; ${exported.versions}: ${exported.chunks}\n`,
    );
    console.log(
      '| job | rows | Captum ms | ours ms | Captum / ours | after a pause | goal |\n|---|---|---|---|---|---|---|',
    );
    const { goals, rounds, repeats } = NETWORKS[network];
    for (const [i, name] of NAMES.entries()) {
      if (!asked.includes(name)) continue;
      const theirs: Job = (times) => peer.ask({ job: name, repeats: times });
      const took = await inTurn([theirs, ours[name]], Number(given.rounds ?? rounds), repeats[i]);
      printLine(name, took, goals[i]);
    }
    console.log();
    return true;
  } finally {
    peer.end();
  }
}

const networks = positionals.length > 0 ? positionals : Object.keys(NETWORKS);
for (const network of networks)
  if (!(network in NETWORKS))
    refuseArgument(`no network ${network}; there are ${Object.keys(NETWORKS).join(', ')}`);
const folder = mkdtempSync(join(tmpdir(), 'captum-'));
process.once('exit', () => rmSync(folder, { recursive: true }));
for (const network of networks) if (!(await compare(network, folder))) break;
