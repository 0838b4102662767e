/**
 * Compares the optimal explanation with what it cannot do without: the forward passes of its draws and the Gram matrix of its rows, on a
 * digit; and measures the memory and the solve of one for a photograph, of least norm and by the default solver. `--model` and `--photo`
 * give the files of the latter. `--elements` measures masks of single elements instead, which have no short form.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  key,
  noisyBaseline,
  type Perturbation,
  pseudoInverse,
  row,
  type Score,
  type Solver,
  square,
  subset,
  type Tensor,
  tensor,
} from '@onnxplain/core';
import { optimal } from '@onnxplain/explainers';
import { open, openSession, score } from '@onnxplain/runtime';
import { imageRows, packagedDigits, readDigits } from '../scripts/idx.js';
import { benchArguments } from './arguments.js';
import { bestBatch, forward } from './infidelity.js';
import { photograph, photographOptions } from './photograph.js';
import { interleaved, seconds } from './time.js';

const { values: given } = benchArguments({
  required: ['model', 'photo'],
  options: {
    rounds: { type: 'string', default: '3' },
    elements: { type: 'boolean', default: false },
    ...photographOptions,
  },
});

const NOISY = { draws: 20_000, sigma: 0.2 } as const;
const SQUARES = { draws: 2000, size: 32 } as const;
const ms = (seconds: number) => `${(1000 * seconds).toFixed(0)} ms`;

/** The optimum of a digit, and bare: forward passes of its draws at the best batch size, and the product of its rows with themselves. */
async function digitCost(rounds: number): Promise<void> {
  const path = join(import.meta.dirname, '../models/mnist-cnn.onnx');
  await using model = await open(path);
  const x = row(tensor(imageRows(readDigits(packagedDigits(), 't10k'), 0, 1), [1, 1, 28, 28]), 0);
  const f = await score(model, { target: 0 });
  const perturbation = noisyBaseline({ sigma: NOISY.sigma });
  const { inputs, deltas } = perturbation(x, key(0), 0, NOISY.draws);
  const rows = tensor(Float64Array.from(deltas.data), [NOISY.draws, x.data.length]);
  const session = await openSession(readFileSync(path));
  const batch = await bestBatch(session, inputs);
  const explain = optimal(perturbation, { draws: NOISY.draws });
  const times = await interleaved(
    {
      forward: () => forward(session, inputs, batch),
      gram: async () => f.products?.transposeTimes(rows, rows),
      optimal: () => explain(f, x, key(0)),
    },
    rounds,
  );
  await session.release();
  const floor = times.forward + times.gram;
  console.log(
    `optimal(${perturbation.expression}, draws=${NOISY.draws}), d = ${x.data.length}: ${ms(times.optimal)}`,
  );
  console.log(`floor: forward passes, batch ${batch}: ${ms(times.forward)}; Gram matrix: ${ms(times.gram)}`);
  console.log(`ratio ${(times.optimal / floor).toFixed(3)} (at most 1.3 wanted)\n`);
}

interface Spent {
  readonly wall: number;
  /** Of all threads. */
  readonly cpu: number;
}

/** Seconds since the process began. */
function now(): Spent {
  const { user, system } = process.cpuUsage();
  return { wall: performance.now() / 1000, cpu: (user + system) / 1e6 };
}

const between = (a: Spent, b: Spent): Spent => ({ wall: b.wall - a.wall, cpu: b.cpu - a.cpu });

/**
 * The score with the seconds that its values took, and the longest pause between two calls. That pause is the solve: it lies between the
 * draws and the fresh draws.
 */
function timed(f: Score): { readonly score: Score; readonly spent: () => { forward: Spent; pause: Spent } } {
  let forward: Spent = { wall: 0, cpu: 0 };
  let pause: Spent = { wall: 0, cpu: 0 };
  let last: Spent | undefined;
  const value = async (batch: Tensor) => {
    const started = now();
    const waited = between(last ?? started, started);
    if (waited.wall > pause.wall) pause = waited;
    const values = await f.value(batch);
    last = now();
    const took = between(started, last);
    forward = { wall: forward.wall + took.wall, cpu: forward.cpu + took.cpu };
    return values;
  };
  return { score: { ...f, value }, spent: () => ({ forward, pause }) };
}

/** The optimum of a photograph: the time of the solve, and the most memory that the process has had. */
async function photoCost(perturbation: Perturbation, solver?: Solver): Promise<void> {
  await using model = await open(given.model);
  const f = await score(model, { target: 50 });
  const x = photograph(given.photo);
  const { score: counted, spent } = timed(f);
  const explain = optimal(perturbation, { draws: SQUARES.draws, solver });
  let found = '';
  const total = await seconds(async () => {
    const { diagnosis } = await explain(counted, x, key(0));
    found = JSON.stringify(diagnosis);
  });
  const { forward: passes, pause } = spent();
  const memory = process.resourceUsage().maxRSS / 2 ** 20;
  console.log(`${explain.expression} of a photograph, d = ${x.data.length}: ${ms(total)}`);
  console.log(found);
  const share = (part: number, whole: number) => `${((100 * part) / whole).toFixed(1)} %`;
  console.log(
    `forward passes: ${ms(passes.wall)}; solve: ${ms(pause.wall)}, ${share(pause.wall, passes.wall)} (at most 10 % wanted)`,
  );
  console.log(
    `processor time of all threads: ${ms(passes.cpu)}; ${ms(pause.cpu)}, ${share(pause.cpu, passes.cpu)}`,
  );
  console.log(`greatest memory of the process: ${memory.toFixed(2)} GiB (below 2 GB wanted)`);
}

const squares = square({ size: SQUARES.size });
if (given.elements) await photoCost(subset());
else {
  await photoCost(squares, pseudoInverse());
  console.log();
  await photoCost(squares);
  console.log();
  await digitCost(Number(given.rounds));
}
