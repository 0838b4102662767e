import type { Dim, Graph, ValueType } from '../ir/types.js';
import { canonicalDim, isUnknown } from './dim.js';

/** Returns the types that the file declares, in `value_info` and for the outputs. */
export function declaredTypes(graph: Graph): ReadonlyMap<string, ValueType> {
  const all = new Map<string, ValueType>();
  const add = (name: string, { dtype, dims }: ValueType) =>
    all.set(name, { dtype, dims: dims?.map(canonicalDim) });
  for (const [name, type] of graph.declared) add(name, type);
  for (const output of graph.outputs) if (graph.untyped?.has(output.name) !== true) add(output.name, output);
  return all;
}

/**
 * Replaces unknown sizes of an inferred type by declared ones. A declaration may be wrong, so that it gives neither the rank nor the row
 * axis: a declared number is not used for the first axis, nor a symbol of the inputs for any axis.
 */
export function withDeclaredSizes<T extends ValueType>(
  inferred: T,
  declared: ValueType | undefined,
  symbols: ReadonlySet<Dim>,
): T {
  const { dims } = inferred;
  if (dims === undefined || dims.length !== declared?.dims?.length) return inferred;
  const filled = dims.map((dim, i): Dim => {
    const size = declared.dims?.[i] ?? dim;
    const mayBeRows = typeof size === 'number' ? i === 0 : symbols.has(size);
    return isUnknown(dim) && !mayBeRows ? size : dim;
  });
  return { ...inferred, dims: filled };
}

/** Replaces an unknown rank or unknown sizes of an inferred type by those seen in a run. */
export function withObservedSizes<T extends ValueType>(inferred: T, observed: ValueType | undefined): T {
  const { dims } = inferred;
  if (observed?.dims === undefined) return inferred;
  if (dims === undefined) return { ...inferred, dims: observed.dims };
  if (dims.length !== observed.dims.length) return inferred;
  return { ...inferred, dims: dims.map((dim, i) => (isUnknown(dim) ? (observed.dims?.[i] ?? dim) : dim)) };
}

/** Returns the symbolic sizes of the inputs. */
export function symbolsOf({ inputs }: Graph): ReadonlySet<Dim> {
  return new Set(
    inputs.flatMap(({ dims }) => dims?.filter((dim) => typeof dim === 'string').map(canonicalDim) ?? []),
  );
}

/** Returns a function that makes unknown sizes, "?1", "?2" and so on, starting after those that a graph has. */
export function freshUnknowns(graph: Graph): () => Dim {
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
