/**
 * Compares runs of all threads with runs of one, for values and for gradients of networks, by the number of rows: one run after the other,
 * and a run after a pause, as in a service that waits for requests. The last column says how many threads a score of onnxplain takes.
 *
 *     tsx bench/threads.ts FILE.onnx... [--rows 1,8,32,128] [--shape NAME=SIZE,...] [--rounds 25] [--threads N]
 *
 * --shape gives sizes that a model leaves open, by the names that `onnxplain inspect` shows, such as the length of a sequence; the others
 * become the number of rows. A model whose inputs are whole numbers is differentiated by its embeddings.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { canonicalise, type Graph, grad, lookupsOf, lower, read, write } from '@onnxplain/graph';
import { openSession, type Session } from '@onnxplain/runtime';
import { bindDims, rowCost } from '../packages/runtime/src/batching/row-cost.js';
import { isSmallRun } from '../packages/runtime/src/batching/threads.js';
import { benchArguments } from './arguments.js';
import { randomFeeds, readOpenSizes } from './random-feeds.js';
import { interleaved } from './time.js';

const { values: given, positionals } = benchArguments({
  others: 'FILE.onnx...',
  options: {
    rows: { type: 'string', default: '1,8,32,128' },
    shape: { type: 'string', default: '', form: 'NAME=SIZE,...' },
    rounds: { type: 'string', default: '25' },
    threads: { type: 'string', default: `${availableParallelism()}` },
  },
});
const rounds = Number(given.rounds);

/** Milliseconds in which threads go to sleep. */
const PAUSE = 15;
/** Runs that are timed together. */
const REPEATS = 3;

interface Sessions {
  readonly one: Session;
  readonly all: Session;
}

/** Returns the time of a run with all threads divided by that with one, warm and after a pause. */
async function compare({ one, all }: Sessions, graph: Graph, rows: number): Promise<readonly number[]> {
  const fed = randomFeeds(graph, rows);
  const warm = (session: Session) => async () => {
    for (let i = 0; i < REPEATS; i++) await session.run(fed);
  };
  const ran = await interleaved({ one: warm(one), all: warm(all) }, rounds);
  const rested = await interleaved(
    {
      rest: () => setTimeout(PAUSE),
      one: () => one.run(fed),
      restAgain: () => setTimeout(PAUSE),
      all: () => all.run(fed),
    },
    rounds,
  );
  return [(1000 * ran.one) / REPEATS, ran.all / ran.one, rested.all / rested.one];
}

/** Measures a graph with the sizes of --shape, as the score of an input of that shape runs it. */
async function printRatios(name: string, open: Graph): Promise<void> {
  const graph = bindDims(open, readOpenSizes(given.shape, open));
  const bytes = write(open);
  const sessions = {
    one: await openSession(bytes, { threads: 1 }),
    all: await openSession(bytes, { threads: Number(given.threads) }),
  };
  for (const rows of given.rows.split(',').map(Number)) {
    const [ms, warm, rested] = await compare(sessions, graph, rows);
    const cells = [
      `${rows}`,
      ms.toFixed(2),
      warm.toFixed(2),
      rested.toFixed(2),
      isSmallRun(rowCost(graph), rows) ? 'one' : 'all',
    ];
    console.log(`| ${[name, ...cells].join(' | ')} |`);
  }
  await Promise.all([sessions.one.release(), sessions.all.release()]);
}

/** The embeddings of a model whose inputs are all whole numbers; undefined for others, which are differentiated by their input. */
function embeddingsOf(model: Graph): readonly string[] | undefined {
  if (model.inputs.some(({ dtype }) => /^float/.test(dtype))) return undefined;
  return lookupsOf(canonicalise(model)).map(({ output }) => output);
}

console.log(
  `| graph | rows | one thread, ms | ${given.threads} threads / one | after a pause | threads of a score |`,
);
console.log('| --- | --- | --- | --- | --- | --- |');
for (const path of positionals) {
  const model = read(readFileSync(path));
  await printRatios(`${basename(path, '.onnx')}, value`, canonicalise(model));
  await printRatios(
    `${basename(path, '.onnx')}, gradient`,
    lower(grad(model, { wrt: embeddingsOf(model) }), 'ort-cpu'),
  );
}
