import { graphBuilderOf } from '../builder/build.js';
import { attr, type Builder } from '../builder/builder.js';
import type { Graph } from '../ir/types.js';
import { type ExtendedGraph, withOutput } from './with-output.js';

/** What to take along one axis: the whole axis, the entry at an index, or the sum or maximum over all entries. */
export type AxisTake = 'all' | 'sum' | 'max' | number;

export interface TakeOptions {
  /** Name of the value, [N, ...axes]. */
  readonly of: string;
  /** One for each axis after the first. */
  readonly axes: readonly AxisTake[];
  /** Name of a value that broadcasts to [N, ...axes]: entries are multiplied by it before they are summed. */
  readonly weights?: string;
}

/**
 * Adds an output [N, ...whole axes] that takes entries, maxima and sums along the axes of a value of a graph in canonical form. Entries are
 * taken first, then maxima, then sums, so that max and sum on two axes give the sum of the maxima. Throws `shape-mismatch` for a value of
 * unknown rank.
 */
export function takeAxes(graph: Graph, { of, axes, weights }: TakeOptions): ExtendedGraph {
  const builder = graphBuilderOf(graph);
  const entries = axes.reduce<string>((value, take, i) => {
    if (typeof take !== 'number') return value;
    return builder.emit('Gather', [value, builder.ints([take])], { axis: attr.int(i + 1) });
  }, of);
  const best = reduced(builder, entries, { op: 'ReduceMax', over: axesWith(axes, 'max') });
  const weighted = weights === undefined ? best : builder.emit('Mul', [best, weights]);
  const total = reduced(builder, weighted, { op: 'ReduceSum', over: axesWith(axes, 'sum') });
  const removed = axes.flatMap((take, i) => (take === 'all' ? [] : [i + 1]));
  const name = removed.length === 0 ? total : builder.emit('Squeeze', [total, builder.ints(removed)]);
  return withOutput(graph, builder, name);
}

const axesWith = (axes: readonly AxisTake[], wanted: AxisTake): readonly number[] =>
  axes.flatMap((take, i) => (take === wanted ? [i + 1] : []));

interface Reduction {
  readonly op: 'ReduceMax' | 'ReduceSum';
  readonly over: readonly number[];
}

/** Reduces axes to size 1. */
function reduced(builder: Builder, value: string, { op, over }: Reduction): string {
  if (over.length === 0) return value;
  return builder.emit(op, [value, builder.ints(over)], { keepdims: attr.int(1) });
}
