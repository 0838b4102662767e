import type { Layout } from '@onnxplain/core';
import { infer } from '../infer/infer.js';
import { isIn } from '../ir/ops.js';
import type { Dims, Graph, Node } from '../ir/types.js';
import { type AxisRelation, axisRelations, type ChannelAxis } from './axis-relations.js';

/** Operators of the standard that work on [N, channels, ...positions]. */
const CHANNELS_SECOND = new Set([
  ...['Conv', 'ConvTranspose', 'AveragePool', 'MaxPool', 'LpPool'],
  ...['BatchNormalization', 'InstanceNormalization', 'LRN', 'DepthToSpace', 'SpaceToDepth', 'MaxRoiPool'],
  ...['DeformConv', 'GridSample', 'RoiAlign', 'QLinearConv', 'ConvInteger'],
]);
/** On three axes an exporter also writes the mean over the last one this way, inside a norm over features. */
const GLOBAL_POOLS = new Set(['GlobalAveragePool', 'GlobalMaxPool', 'GlobalLpPool']);
const REDUCTIONS = new Set(['ReduceMean', 'ReduceSum', 'ReduceMax']);

/** The channel axis found for each value; 'conflict' where different axes were found. */
type FoundAxes = Map<string, ChannelAxis | 'conflict'>;

/** Returns the channel axes of a node's inputs and outputs that the node gives evidence of. */
type EvidenceRule = (
  node: Node,
  context: EvidenceContext,
) => readonly (readonly [name: string, axis: number])[];

interface EvidenceContext {
  readonly graph: Graph;
  dims(name: string): Dims | undefined;
}

/** The channel axis that the operator's definition fixes. */
const byDefinition: EvidenceRule = (node, { dims }) => {
  const {
    op,
    inputs: [input],
    outputs: [output],
  } = node;
  // [steps, N, features]
  if (isIn(node, 'recurrent')) return [[input, 2]];
  const minimumRank = CHANNELS_SECOND.has(op) ? 3 : GLOBAL_POOLS.has(op) ? 4 : Number.POSITIVE_INFINITY;
  return [input, output]
    .filter((name) => (dims(name)?.length ?? 0) >= minimumRank)
    .map((name) => [name, 1] as const);
};

/**
 * The channel axis by convention: a dense layer or a norm along the last axis combines channels; a mean or sum over all axes but two
 * keeps the batch axis and the channels.
 */
const byConvention: EvidenceRule = ({ op, inputs: [input, second], attributes }, { graph, dims }) => {
  const rank = dims(input)?.length ?? 0;
  if (rank < 3) return [];
  if (op === 'MatMul' && graph.constants.get(second)?.dims.length === 2) return [[input, rank - 1]];
  const last = attributes.axis?.value ?? -1;
  if (op === 'LayerNormalization' && (last === -1 || last === rank - 1)) return [[input, rank - 1]];
  const over = REDUCTIONS.has(op) ? graph.constants.get(second)?.data : undefined;
  const axes = Array.from(over ?? [], Number).map((axis) => (axis < 0 ? axis + rank : axis));
  const kept = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => !axes.includes(axis));
  // With three axes, a mean over the last one is as often part of a norm over features.
  const channels = rank > 3 ? [1, rank - 1] : [rank - 1];
  return axes.length === rank - 2 && kept[0] === 0 && channels.includes(kept[1]) ? [[input, kept[1]]] : [];
};

/**
 * Finds the channel axes of the values of a graph in canonical form. Convolutions, pools and similar operators define axis 1 as the
 * channels. Elementwise, movement and joining operators propagate the axis in both directions. Dense layers, norms and means over
 * positions count only for values that no definition reaches. A value with conflicting evidence is left out.
 */
export function channelAxes(graph: Graph): ReadonlyMap<string, ChannelAxis> {
  const types = infer(graph);
  // A constant has no channel axis: it may be added to values of any layout.
  const dims = (name: string) => (graph.constants.has(name) ? undefined : types.get(name)?.dims);
  const context: EvidenceContext = { graph, dims };
  const relations = graph.nodes.flatMap((node) => axisRelations(node, dims));
  const known: FoundAxes = new Map();
  for (const evidence of [byDefinition, byConvention]) {
    const found: FoundAxes = new Map();
    for (const node of graph.nodes.filter(({ domain }) => domain === '')) {
      for (const [name, axis] of evidence(node, context)) if (!known.has(name)) record(found, name, axis);
    }
    for (const [name, axis] of found) known.set(name, axis);
    propagate(relations, known);
  }
  return new Map([...known].flatMap(([name, axis]) => (axis === 'conflict' ? [] : [[name, axis] as const])));
}

/** Records an axis of a value, or a conflict with the one known so far. Returns whether this changes what is known. */
function record(known: FoundAxes, name: string, axis: ChannelAxis): boolean {
  const before = known.get(name);
  if (before === axis || before === 'conflict') return false;
  known.set(name, before === undefined ? axis : 'conflict');
  return true;
}

/** Propagates the known axes forward and backward through the graph to a fixed point. */
function propagate(relations: readonly AxisRelation[], known: FoundAxes): void {
  const reversed = relations.toReversed();
  for (let changed = true; changed; ) {
    changed = false;
    for (const { from, to, forward: map } of relations) {
      changed = transfer(known, { from, to, map }) || changed;
    }
    for (const { from, to, backward: map } of reversed) {
      changed = transfer(known, { from: to, to: from, map }) || changed;
    }
  }
}

interface Transfer {
  readonly from: string;
  readonly to: string;
  readonly map: AxisRelation['forward'];
}

/** Records the axis of `from` for `to`; a conflict at `to` makes `from` conflicting too. Returns whether this changes what is known. */
function transfer(known: FoundAxes, { from, to, map }: Transfer): boolean {
  const axis = known.get(from);
  const mapped = axis === undefined || axis === 'conflict' ? undefined : map(axis);
  if (mapped === undefined) return false;
  const changed = record(known, to, mapped);
  if (known.get(to) === 'conflict') known.set(from, 'conflict');
  return changed || known.get(from) !== axis;
}

/**
 * Returns the layout of one row of a value, found by {@link channelAxes}; undefined where the graph does not show it. `rows` is the batch
 * axis of the value, default 0; 'none' where the whole value is one row.
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
