/**
 * Measures the spellings of backward rules by shape: each rule between other operators, as in a network, with all its spellings in turn, in
 * processor time of one thread.
 *
 *     tsx bench/spellings.ts [--rounds 15] [--only TEXT]
 *
 * It prints the time of value and gradient in forward passes of the same network, and as a multiple of the best spelling. `<` marks the
 * spelling that the compiler chooses. A gradient that differs from that of the plain graph is an error. --only takes the rows of which rule
 * or shape contains the text. Rows and spellings are in `bench/spellings/rows.ts`.
 */
import { type Graph, grad, lower, write } from '@onnxplain/graph';
import { openSession, type Session } from '@onnxplain/runtime';
import { benchArguments, refuseArgument } from './arguments.js';
import { networkOf, randomNumbers } from './spellings/network.js';
import { type Row, rows } from './spellings/rows.js';
import { interleaved, processorSeconds } from './time.js';

const { values: given } = benchArguments({
  options: { rounds: { type: 'string', default: '15' }, only: { type: 'string', default: '', form: 'TEXT' } },
});
const rounds = Number(given.rounds);

/** Greatest difference of gradients, as a share of the greatest element: sums are added in another order. */
const ROUNDING = 1e-5;

interface Spelled {
  readonly name: string;
  readonly session: Session;
}

function imageOf({ batch, network }: Row) {
  const dims = [batch, ...network.input];
  const length = dims.reduce((product, size) => product * size, 1);
  return { image: { dtype: 'float32' as const, dims, data: Float32Array.from({ length }, randomNumbers()) } };
}

const open = (graph: Graph): Promise<Session> => openSession(write(graph), { threads: 1 });

/** What tells two spellings apart: the operators in order, with the sizes of their constants. */
const operators = ({ nodes, constants }: Graph): string =>
  nodes.map(({ op, inputs }) => `${op}(${inputs.map((name) => constants.get(name)?.dims ?? 'x')})`).join();

async function gradientOf(session: Session, feeds: ReturnType<typeof imageOf>): Promise<Float32Array> {
  const { gradient } = await session.run(feeds);
  if (!(gradient?.data instanceof Float32Array)) throw new Error('the gradient is not of float32');
  return gradient.data;
}

/** Throws where a spelling gives another gradient than the plain graph. */
async function checkAgreement(
  plain: Session,
  spelled: readonly Spelled[],
  feeds: ReturnType<typeof imageOf>,
) {
  const expected = await gradientOf(plain, feeds);
  const size = expected.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
  for (const { name, session } of spelled) {
    const got = await gradientOf(session, feeds);
    const gap = got.reduce((most, each, i) => Math.max(most, Math.abs(each - expected[i])), 0);
    if (!(gap <= ROUNDING * size)) throw new Error(`${name} differs by ${gap} of ${size}`);
  }
}

async function measure(row: Row): Promise<void> {
  const network = networkOf(row.network);
  const plain = grad(network);
  const chosen = operators(lower(plain, 'ort-cpu'));
  const graphs = Object.entries(row.spellings).map(([name, spell]) => ({ name, graph: spell(plain) }));
  const different = graphs.filter(
    ({ graph }, i) => graphs.findIndex((other) => operators(other.graph) === operators(graph)) === i,
  );
  const [forward, unspelled] = [await open(network), await open(plain)];
  const spelled = await Promise.all(
    different.map(async ({ name, graph }) => ({ name, session: await open(graph) })),
  );
  const feeds = imageOf(row);
  await checkAgreement(unspelled, spelled, feeds);
  const works = spelled.map(({ name, session }) => [name, () => session.run(feeds)] as const);
  const times: Readonly<Record<string, number>> = await interleaved(
    { forward: () => forward.run(feeds), ...Object.fromEntries(works) },
    rounds,
    processorSeconds,
  );
  const best = Math.min(...different.map(({ name }) => times[name]));
  console.log(`${row.rule}: ${row.shape}; forward ${(times.forward * 1000).toFixed(2)} ms`);
  for (const { name, graph } of different) {
    const mark = operators(graph) === chosen ? ' <' : '';
    const ratio = (by: number) => (times[name] / by).toFixed(2);
    console.log(`  ${name.padEnd(28)}${ratio(times.forward).padStart(6)}${ratio(best).padStart(7)}${mark}`);
  }
  await Promise.all(
    [forward, unspelled, ...spelled.map(({ session }) => session)].map((each) => each.release()),
  );
}

const asked = rows.filter((row) => `${row.rule} ${row.shape}`.includes(given.only));
if (asked.length === 0) {
  const rules = [...new Set(rows.map(({ rule }) => rule))].join(', ');
  refuseArgument(`no row has "${given.only}" in its rule and shape; the rules are ${rules}`);
}
for (const row of asked) await measure(row);
