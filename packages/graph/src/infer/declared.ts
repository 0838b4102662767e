import type { Dim, Graph, ValueType } from '../types.js';
import { canonicalDim, isUnknown } from './dim.js';

/** Types that the file declares: `value_info` and the graph's outputs. */
export function declaredTypes(graph: Graph): ReadonlyMap<string, ValueType> {
  const all = new Map<string, ValueType>();
  const add = (name: string, { dtype, dims }: ValueType) =>
    all.set(name, { dtype, dims: dims?.map(canonicalDim) });
  for (const [name, type] of graph.declared) add(name, type);
  for (const output of graph.outputs) add(output.name, output);
  return all;
}

/** What the file declares fills in what inference could not find; it never overrules it. */
export function filledIn<T extends ValueType>(inferred: T, declared: ValueType | undefined): T {
  if (declared?.dims === undefined) return inferred;
  const { dims } = inferred;
  if (dims === undefined) return { ...inferred, dims: declared.dims };
  if (dims.length !== declared.dims.length) return inferred;
  const filled = dims.map((dim, i): Dim => (isUnknown(dim) ? (declared.dims?.[i] ?? dim) : dim));
  return { ...inferred, dims: filled };
}

/** Makes sizes that nothing is known of: "?1", "?2", ..., beginning after those that a graph has. */
export function unknownsBeside(graph: Graph): () => Dim {
  let count = highestUnknown(graph);
  return () => `?${++count}`;
}

function highestUnknown(graph: Graph): number {
  let highest = 0;
  const types: readonly ValueType[] = [...graph.inputs, ...graph.outputs, ...graph.declared.values()];
  for (const { dims } of types) {
    for (const dim of dims ?? []) {
      for (const [, number] of typeof dim === 'string' ? dim.matchAll(/\?(\d+)/g) : []) {
        highest = Math.max(highest, Number(number));
      }
    }
  }
  return highest;
}
