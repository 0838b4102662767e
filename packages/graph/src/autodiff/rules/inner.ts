import type { MathBuilder } from '../../builder/math-builder.js';
import type { Graph, Value } from '../../ir/types.js';
import { renameGraph } from '../../rewrite/rename.js';

/** A copy of an inner graph, in which all values have new names. */
export const renamedGraph = (b: MathBuilder, graph: Graph): Graph => renameGraph(graph, b.fresh);

/** Outputs of an inner graph: what its nodes do not make, or what is an output already, is passed through a copy. */
export function distinct(b: MathBuilder, names: readonly string[]): readonly Value[] {
  const made = new Set(b.build([]).nodes.flatMap(({ outputs }) => outputs));
  const taken = new Set<string>();
  return names.map((wished) => {
    let name = wished;
    // A copy may be there already, and be an output itself.
    while (!made.has(name) || taken.has(name)) {
      name = b.emit('Identity', [name]);
      made.add(name);
    }
    taken.add(name);
    return { name, ...b.type(name) };
  });
}
