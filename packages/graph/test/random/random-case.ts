/** Random graphs over the whole table of operators. */
import { type Graph, type NumArray, numArray, prune, read, type Value, write } from '../../src/index.js';
import { generators, type NodeGenerator } from './arithmetic-generators.js';
import { type Draw, drawOf, growingGraph } from './growing-graph.js';
import { activation, anySample, casts } from './sample-generators.js';

export interface RandomCase {
  readonly seed: number;
  readonly graph: Graph;
  readonly feeds: Readonly<Record<string, NumArray>>;
  /** Whether the inputs are drawn from a few numbers, so that there are ties and kinks. */
  readonly tied: boolean;
}

const all: readonly (readonly [NodeGenerator, number])[] = [
  ...generators,
  [activation, 6],
  [anySample, 9],
  [casts, 0.3],
];
const total = all.reduce((sum, [, weight]) => sum + weight, 0);

function anyGenerator(draw: Draw): NodeGenerator {
  let at = draw.uniform() * total;
  for (const [generator, weight] of all) {
    at -= weight;
    if (at < 0) return generator;
  }
  return anySample;
}

const FEW = [-1, -0.5, 0, 0, 0.5, 1];

function inputOf(draw: Draw, tied: boolean): NumArray {
  const dims = Array.from({ length: draw.int(0, 4) }, () => draw.int(1, 3));
  const size = dims.reduce((n, d) => n * d, 1);
  const data = Array.from({ length: size }, () =>
    tied ? draw.one(FEW) : Math.fround(4 * draw.uniform() - 2),
  );
  return numArray('float32', dims, data);
}

/** Makes a connected graph of 5 to about 40 nodes on 1 to 3 inputs, written to a file and read back; the same for the same seed. */
export function randomCase(seed: number): RandomCase {
  const draw = drawOf(seed);
  const tied = draw.chance(0.3);
  const names = ['x', 'y', 'z'].slice(0, draw.int(1, 3));
  const feeds = Object.fromEntries(names.map((name) => [name, inputOf(draw, tied)]));
  const inputs = names.map((name): Value => ({ name, dtype: 'float32', dims: feeds[name].dims }));
  const g = growingGraph(inputs, feeds, draw);
  const goal = draw.int(5, draw.chance(0.5) ? 12 : 36);
  while (g.length() < goal) anyGenerator(draw)(g);
  return { seed, graph: read(write(prune(g.finish()))), feeds, tied };
}
