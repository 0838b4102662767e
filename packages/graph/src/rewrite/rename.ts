import { substitute } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import { mapGraphs } from '../ir/walk.js';

type Rename = (name: string) => string;

/** Gives all values that an inner graph defines fresh names; values that it captures keep theirs. */
export function renameGraph(graph: Graph, fresh: Rename): Graph {
  const names = new Map<string, string>();
  const define = (name: string): string => {
    if (name === '') return name;
    const unique = fresh(name);
    names.set(name, unique);
    return unique;
  };
  const use = (name: string): string => names.get(name) ?? name;
  const inputs = graph.inputs.map((value) => ({ ...value, name: define(value.name) }));
  const constants = new Map([...graph.constants].map(([name, value]) => [define(name), value]));
  const nodes = graph.nodes.map((node): Node => {
    const read = substitute(
      mapGraphs(node, (inner) => renameGraph(inner, fresh)),
      use,
    );
    return { ...read, outputs: node.outputs.map(define) };
  });
  const outputs = graph.outputs.map((value) => ({ ...value, name: use(value.name) }));
  const declared = new Map([...graph.declared].map(([name, type]) => [use(name), type]));
  const observed = graph.observed && new Map([...graph.observed].map(([name, type]) => [use(name), type]));
  const untyped = graph.untyped && new Set([...graph.untyped].map(use));
  return { ...graph, inputs, constants, nodes, outputs, declared, observed, untyped };
}
