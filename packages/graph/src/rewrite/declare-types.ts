import { isUnknown } from '../infer/dim.js';
import type { Graph, ValueType } from '../ir/types.js';

/**
 * Declares the type of every value with a symbolic size. The shape inference of a runtime loses a symbol at the first Reshape. A runtime
 * that knows which values have the same size lets them share memory and opens the graph faster.
 */
export function declareSymbolicTypes(graph: Graph, typeOf: (name: string) => ValueType | undefined): Graph {
  const types = new Map(graph.declared);
  for (const { outputs } of graph.nodes) {
    for (const name of outputs) {
      const type = typeOf(name);
      if (type !== undefined && isSymbolic(type)) types.set(name, type);
    }
  }
  return { ...graph, declared: types };
}

const isSymbolic = ({ dims }: ValueType): boolean =>
  dims?.some((size) => typeof size === 'string') === true && !dims.some(isUnknown);
