import type { Dim, Graph, ValueType } from '../ir/types.js';
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

/**
 * Sizes that the file declares fill in what inference could not find of the axes behind the first. A declaration overrules nothing, and
 * alone says neither the rank nor where the rows are: the first axis, and symbols of the inputs, are not taken from it.
 */
export function filledIn<T extends ValueType>(
  inferred: T,
  declared: ValueType | undefined,
  symbols: ReadonlySet<Dim>,
): T {
  const { dims } = inferred;
  if (dims === undefined || dims.length !== declared?.dims?.length) return inferred;
  const filled = dims.map((dim, i): Dim => {
    const said = declared.dims?.[i] ?? dim;
    const isRows = typeof said === 'number' ? i === 0 : symbols.has(said);
    return isUnknown(dim) && !isRows ? said : dim;
  });
  return { ...inferred, dims: filled };
}

/** What a run showed fills in what inference could not find: rank, or single sizes. */
export function completed<T extends ValueType>(inferred: T, observed: ValueType | undefined): T {
  const { dims } = inferred;
  if (observed?.dims === undefined) return inferred;
  if (dims === undefined) return { ...inferred, dims: observed.dims };
  if (dims.length !== observed.dims.length) return inferred;
  return { ...inferred, dims: dims.map((dim, i) => (isUnknown(dim) ? (observed.dims?.[i] ?? dim) : dim)) };
}

/** Symbolic sizes of a graph's inputs. */
export function symbolsOf({ inputs }: Graph): ReadonlySet<Dim> {
  return new Set(
    inputs.flatMap(({ dims }) => dims?.filter((dim) => typeof dim === 'string').map(canonicalDim) ?? []),
  );
}

/** Makes sizes that nothing is known of: "?1", "?2", ..., beginning after those that a graph has. */
export function unknownsBeside(graph: Graph): () => Dim {
  let count = highestUnknown(graph);
  return () => `?${++count}`;
}

function highestUnknown(graph: Graph): number {
  let highest = 0;
  const types: readonly ValueType[] = [
    ...graph.inputs,
    ...graph.outputs,
    ...graph.declared.values(),
    ...(graph.observed?.values() ?? []),
  ];
  for (const { dims } of types) {
    for (const dim of dims ?? []) {
      for (const [, number] of typeof dim === 'string' ? dim.matchAll(/\?(\d+)/g) : []) {
        highest = Math.max(highest, Number(number));
      }
    }
  }
  return highest;
}
