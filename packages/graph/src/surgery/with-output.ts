import type { Builder } from '../builder/builder.js';
import type { Graph } from '../ir/types.js';

/** A graph with an added last output, and the name of that output. */
export interface ExtendedGraph {
  readonly graph: Graph;
  readonly name: string;
}

/** Builds the graph with a value as its last output; the output is an Identity of the value where that is an output already. */
export function withOutput(graph: Graph, builder: Builder, value: string): ExtendedGraph {
  const taken = graph.outputs.some(({ name }) => name === value);
  const name = taken ? builder.emit('Identity', [value]) : value;
  return { graph: builder.build([...graph.outputs, { name, ...builder.type(name) }]), name };
}
