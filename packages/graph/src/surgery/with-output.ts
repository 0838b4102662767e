import type { Builder } from '../builder/builder.js';
import type { Graph } from '../ir/types.js';

/** A graph with one more output, its last, and the name of that. */
export interface ExtendedGraph {
  readonly graph: Graph;
  readonly name: string;
}

/** The graph that a builder continued, with a value as one more output; a copy of it where it is one already. */
export function withOutput(graph: Graph, builder: Builder, value: string): ExtendedGraph {
  const taken = graph.outputs.some(({ name }) => name === value);
  const name = taken ? builder.emit('Identity', [value]) : value;
  return { graph: builder.build([...graph.outputs, { name, ...builder.type(name) }]), name };
}
