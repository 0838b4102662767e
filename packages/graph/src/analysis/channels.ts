import type { Layout } from '@onnxplain/core';
import { infer } from '../infer/infer.js';
import type { Dims, Graph, Node } from '../ir/types.js';
import { type AxisRelation, axisRelations, type ChannelAxis } from './axis-relations.js';

/** Operators of the standard that work on [N, channels, ...positions]. */
const CHANNELS_SECOND = new Set([
  ...['Conv', 'ConvTranspose', 'AveragePool', 'MaxPool', 'LpPool'],
  ...['BatchNormalization', 'InstanceNormalization', 'LRN', 'DepthToSpace', 'SpaceToDepth', 'MaxRoiPool'],
  ...['DeformConv', 'GridSample', 'RoiAlign', 'QLinearConv', 'ConvInteger'],
]);
/** Of three axes these are also a way to write a mean over the last one, as a norm over features has it. */
const GLOBAL_POOLS = new Set(['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool']);
/** Operators that work on [steps, N, features]. */
const FEATURES_THIRD = new Set(['LSTM', 'GRU', 'RNN']);
const REDUCTIONS = new Set(['ReduceMean', 'ReduceSum', 'ReduceMax']);

/** 'torn': different axes were told. */
type Known = Map<string, ChannelAxis | 'torn'>;

type Evidence = (node: Node, facts: Facts) => readonly (readonly [name: string, axis: number])[];

interface Facts {
  readonly graph: Graph;
  dims(name: string): Dims | undefined;
}

/** What an operator's definition says of its input and output. */
const byDefinition: Evidence = ({ op, inputs: [input], outputs: [output] }, { dims }) => {
  if (FEATURES_THIRD.has(op)) return [[input, 2]];
  const least = CHANNELS_SECOND.has(op) ? 3 : GLOBAL_POOLS.has(op) ? 4 : Number.POSITIVE_INFINITY;
  return [input, output]
    .filter((name) => (dims(name)?.length ?? 0) >= least)
    .map((name) => [name, 1] as const);
};

/** What is usual: a dense layer or a norm along the last axis mixes features; a mean or sum over all axes but two leaves channels. */
const byUse: Evidence = ({ op, inputs: [input, second], attributes }, { graph, dims }) => {
  const rank = dims(input)?.length ?? 0;
  if (rank < 3) return [];
  if (op === 'MatMul' && graph.constants.get(second)?.dims.length === 2) return [[input, rank - 1]];
  const last = attributes.axis?.value ?? -1;
  if (op === 'LayerNormalization' && (last === -1 || last === rank - 1)) return [[input, rank - 1]];
  const over = REDUCTIONS.has(op) ? graph.constants.get(second)?.data : undefined;
  const axes = Array.from(over ?? [], Number).map((axis) => (axis < 0 ? axis + rank : axis));
  const kept = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !axes.includes(axis));
  // Along the last of three axes a mean is as often part of a norm over features.
  const channels = rank > 3 ? [1, rank - 1] : [rank - 1];
  return axes.length === rank - 2 && kept[0] === 0 && channels.includes(kept[1]) ? [[input, kept[1]]] : [];
};

/**
 * Where channels lie in the values of a graph in canonical form, as far as it tells: convolutions, pools and the like have them second by
 * definition, and moving, elementwise and joining operators hand that on in both directions. What dense layers, norms and means
 * over positions suggest counts where no definition reaches. A value of which different axes are told is left out.
 */
export function channelAxes(graph: Graph): ReadonlyMap<string, ChannelAxis> {
  const types = infer(graph);
  // Constants have no channels of their own: one number may be added to values of any kind.
  const dims = (name: string) => (graph.constants.has(name) ? undefined : types.get(name)?.dims);
  const facts: Facts = { graph, dims };
  const relations = graph.nodes.flatMap((node) => axisRelations(node, dims));
  const known: Known = new Map();
  for (const evidence of [byDefinition, byUse]) {
    const found: Known = new Map();
    for (const node of graph.nodes.filter(({ domain }) => domain === '')) {
      for (const [name, axis] of evidence(node, facts)) if (!known.has(name)) tell(found, name, axis);
    }
    for (const [name, axis] of found) known.set(name, axis);
    spreadAlong(relations, known);
  }
  return new Map([...known].flatMap(([name, axis]) => (axis === 'torn' ? [] : [[name, axis] as const])));
}

/** Notes an axis; two different ones cancel each other. Returns whether anything is new. */
function tell(known: Known, name: string, axis: ChannelAxis): boolean {
  const before = known.get(name);
  if (before === axis || before === 'torn') return false;
  known.set(name, before === undefined ? axis : 'torn');
  return true;
}

/** Forth and back along the graph until nothing is new. */
function spreadAlong(relations: readonly AxisRelation[], known: Known): void {
  const back = relations.toReversed();
  for (let news = true; news; ) {
    news = false;
    for (const { from, to, forth } of relations) news = hand(known, { from, to, map: forth }) || news;
    for (const { from, to, back: map } of back) news = hand(known, { from: to, to: from, map }) || news;
  }
}

interface Handing {
  readonly from: string;
  readonly to: string;
  readonly map: AxisRelation['forth'];
}

/** Tells `to` what `from` has; where that is another axis than it was told, neither is known. Returns whether anything is new. */
function hand(known: Known, { from, to, map }: Handing): boolean {
  const axis = known.get(from);
  const mapped = axis === undefined || axis === 'torn' ? undefined : map(axis);
  if (mapped === undefined) return false;
  const news = tell(known, to, mapped);
  if (known.get(to) === 'torn') known.set(from, 'torn');
  return news || known.get(from) !== axis;
}

/**
 * The layout of one row of a value, as the graph tells it: see {@link channelAxes}. Undefined where it does not. `rows` is the batch
 * axis of the value, default 0; 'none' where all of it is one row.
 */
export function layoutIn(graph: Graph, name: string, rows: number | 'none' = 0): Layout | undefined {
  const channels = channelAxes(graph).get(name);
  const axes = (infer(graph).get(name)?.dims ?? []).map((_, axis) => axis).filter((axis) => axis !== rows);
  if (channels === 'none') return axes.length === 2 ? 'chw' : undefined;
  const first = channels === axes[0];
  if (axes.length < 2 || channels === undefined || (!first && channels !== axes.at(-1))) return undefined;
  if (axes.length === 2) return first ? 'cw' : 'wc';
  return first ? 'chw' : 'hwc';
}
