import type { MathBuilder } from '../../builder/math-builder.js';
import type { Graph, Value } from '../../ir/types.js';
import { renameGraph } from '../../rewrite/rename.js';

/** A copy of an inner graph, in which all values have new names. */
export const renamedGraph = (b: MathBuilder, graph: Graph): Graph => renameGraph(graph, b.fresh);

/**
 * Returns outputs of an inner graph with these values. Adds an Identity for a value that no node of it makes or that is already an output.
 */
export function distinctOutputs(b: MathBuilder, names: readonly string[]): readonly Value[] {
  const made = new Set(b.build([]).nodes.flatMap(({ outputs }) => outputs));
  const taken = new Set<string>();
  return names.map((value) => {
    let name = value;
    // The builder shares equal nodes, so the new Identity may be an output already.
    while (!made.has(name) || taken.has(name)) {
      name = b.emit('Identity', [name]);
      made.add(name);
    }
    taken.add(name);
    return { name, ...b.type(name) };
  });
}
