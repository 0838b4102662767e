import { namer, namesIn } from '../ir/names.js';
import type { Graph, Value } from '../ir/types.js';
import type { Builder } from './builder.js';

/** "gradient" for one value, "gradient/NAME" each for several; numbered where the graph has these names already. */
export function outputNames(graph: Graph, label: string, names: readonly string[]): readonly string[] {
  const used = namesIn(graph);
  const fresh = namer(used);
  const wished = names.length === 1 ? [label] : names.map((name) => `${label}/${name}`);
  return wished.map((name) => (used.has(name) ? fresh(name) : name));
}

/** Returns new values with the types of other values, under names made of a label. */
export function valuesLike(
  b: Pick<Builder, 'type'>,
  graph: Graph,
  { label, of }: { readonly label: string; readonly of: readonly string[] },
): readonly Value[] {
  return outputNames(graph, label, of).map((name, i) => ({ name, ...b.type(of[i]) }));
}
