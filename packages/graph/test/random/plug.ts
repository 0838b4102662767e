/** Nodes of the operators' samples, with all their attributes, put into a random graph. */

import { attr, type Node, type NumArray, OPS, type Op, tables } from '../../src/index.js';
import { opOf } from '../../src/ir/ops.js';
import { substitute } from '../../src/ir/scope.js';
import { unarySamples } from '../samples/elementwise.js';
import { type Sample, samples } from '../samples.js';
import type { Growth } from './growth.js';
import { fit, kept, varied } from './pieces.js';

const isPlain = ({ dtype }: NumArray): boolean => dtype === 'float32';

/** Samples with something to differentiate, and nothing infinite or empty. */
const usable = (sample: Sample): boolean => {
  if (sample.draws) return false;
  const feeds = Object.values(sample.feeds);
  const calm = feeds.every(
    ({ data }) => data.length > 0 && data.length <= 200 && data.every((v) => Math.abs(v) < 100),
  );
  return calm && feeds.some(isPlain) && sample.graph.outputs.some(({ dtype }) => /float/.test(dtype));
};

const isRefused = (op: Op): boolean => {
  const row = tables.gradient[op];
  return typeof row === 'object' && row.status === 'refused';
};

const tableOf = (ops: readonly Op[]): readonly (readonly Sample[])[] =>
  ops
    .filter((op) => !isRefused(op))
    .map((op) => samples[op]().filter(usable))
    .filter((list) => list.length > 0);

const everything = tableOf(OPS);
const pointwise = OPS.filter((op) => Object.hasOwn(unarySamples, op) && op !== 'PRelu');
const activations = tableOf(pointwise);

const BETWEEN_ONE: ReadonlySet<string> = new Set(['Acos', 'Asin', 'Atanh', 'Tan']);

/** What divides by a deviation, which may be next to nothing where a lane is of one number. */
const STANDARDISES: ReadonlySet<string> = new Set([
  'InstanceNormalization',
  'LayerNormalization',
  'MeanVarianceNormalization',
]);

/** A node of any operator. */
export const plug = (g: Growth): void => place(g, g.draw.one(g.draw.one(everything)));

/** A node of an elementwise operator, on a value of any shape. */
export const activation = (g: Growth): void => place(g, g.draw.one(g.draw.one(activations)));

function place(g: Growth, { graph, feeds }: Sample): void {
  const [node] = graph.nodes;
  const names = new Map<string, string>();
  for (const [name, value] of graph.constants)
    names.set(name, g.constant({ ...value, data: numbers(value.data) }));
  for (const [name, feed] of Object.entries(feeds)) {
    const first = name === 'x0';
    const stays = !isPlain(feed) || (!first && g.draw.chance(0.5));
    names.set(name, stays ? g.constant(feed) : replaced(g, feed, { op: node.op, first }));
  }
  const placed: Node = substitute(node, (name) => names.get(name) ?? name);
  for (const made of g.emitMany(opOf(placed), placed.inputs, placed.outputs.length, placed.attributes))
    g.keep(made);
}

const numbers = (data: ArrayLike<unknown>): Float64Array => Float64Array.from(Array.from(data, Number));

/** A value of the graph in the place of a sample's, in the range where the operator is defined. */
function replaced(g: Growth, feed: NumArray, { op, first }: { op: string; first: boolean }): string {
  const free = first && (pointwise as readonly string[]).includes(op);
  const x = free ? g.pick() : fit(g, g.pick(), feed.dims);
  if (first && STANDARDISES.has(op)) return varied(g, x);
  const [low, high] = [Math.min(...feed.data), Math.max(...feed.data)];
  if (low > 0) return kept(g, x, [low, 1.5 * high]);
  if (BETWEEN_ONE.has(op)) return kept(g, x, [-0.9, 0.9]);
  return x;
}

export const casts = (g: Growth): void => {
  const wide = g.emit('Cast', [g.pick()], { to: attr.int(11) });
  g.keep(g.emit('Tanh', [wide]));
};
