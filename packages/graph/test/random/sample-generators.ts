/** Generators that insert nodes of the operators' samples, with their attributes, into a random graph. */

import { attr, type Node, type NumArray, OPS, type Op, tables } from '../../src/index.js';
import { opOf } from '../../src/ir/ops.js';
import { substitute } from '../../src/ir/scope.js';
import { unarySamples } from '../samples/elementwise.js';
import { type Sample, samples } from '../samples.js';
import type { GrowingGraph } from './growing-graph.js';
import { clamped, fit, varied } from './operands.js';

const isPlain = ({ dtype }: NumArray): boolean => dtype === 'float32';

/** Whether a sample has a derivative, and no infinite or empty values. */
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

/** Operators that divide by a standard deviation, which is close to 0 where the elements are equal. */
const STANDARDISES: ReadonlySet<string> = new Set([
  'InstanceNormalization',
  'LayerNormalization',
  'MeanVarianceNormalization',
]);

/** Inserts a node of any operator. */
export const anySample = (g: GrowingGraph): void => place(g, g.draw.one(g.draw.one(everything)));

/** Inserts a node of an elementwise operator of one input, on a value of any shape. */
export const activation = (g: GrowingGraph): void => place(g, g.draw.one(g.draw.one(activations)));

function place(g: GrowingGraph, { graph, feeds }: Sample): void {
  const [node] = graph.nodes;
  const names = new Map<string, string>();
  for (const [name, value] of graph.constants)
    names.set(name, g.constant({ ...value, data: numbers(value.data) }));
  for (const [name, feed] of Object.entries(feeds)) {
    const first = name === 'x0';
    const stays = !isPlain(feed) || (!first && g.draw.chance(0.5));
    names.set(name, stays ? g.constant(feed) : replacement(g, feed, { op: node.op, first }));
  }
  const placed: Node = substitute(node, (name) => names.get(name) ?? name);
  for (const made of g.emitMany(opOf(placed), placed.inputs, placed.outputs.length, placed.attributes))
    g.keep(made);
}

const numbers = (data: ArrayLike<unknown>): Float64Array => Float64Array.from(Array.from(data, Number));

/** Returns a value of the graph that replaces a feed of a sample, in the range where the operator is defined. */
function replacement(g: GrowingGraph, feed: NumArray, { op, first }: { op: string; first: boolean }): string {
  const free = first && (pointwise as readonly string[]).includes(op);
  const x = free ? g.pick() : fit(g, g.pick(), feed.dims);
  if (first && STANDARDISES.has(op)) return varied(g, x);
  const [low, high] = [Math.min(...feed.data), Math.max(...feed.data)];
  if (low > 0) return clamped(g, x, [low, 1.5 * high]);
  if (BETWEEN_ONE.has(op)) return clamped(g, x, [-0.9, 0.9]);
  return x;
}

export const casts = (g: GrowingGraph): void => {
  const wide = g.emit('Cast', [g.pick()], { to: attr.int(11) });
  g.keep(g.emit('Tanh', [wide]));
};
