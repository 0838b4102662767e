import { infer } from '../infer/infer.js';
import type { Dim, Graph, ValueType } from '../ir/types.js';

/**
 * Replaces symbols of the inputs that must be equal by one symbol, in a graph in canonical form. Exporters give the rows of each input a
 * symbol of its own; a Concat needs equal sizes on all other axes, so that their symbols are equal. Returns the graph itself where no
 * symbols are equal.
 */
export function unifySymbols(graph: Graph): Graph {
  const symbols = symbolsOf(graph);
  if (symbols.size < 2 || !graph.nodes.some(({ op, domain }) => op === 'Concat' && domain === ''))
    return graph;
  const types = infer(graph);
  const names = new Map<Dim, Dim>();
  const nameOf = (dim: Dim): Dim => names.get(dim) ?? dim;
  for (const { op, domain, inputs, attributes } of graph.nodes) {
    if (op !== 'Concat' || domain !== '') continue;
    const axis = Number(attributes.axis?.value ?? 0);
    const [first = [], ...others] = inputs.map((name) => types.get(name)?.dims ?? []);
    for (const dims of others.filter(({ length }) => length === first.length)) {
      for (const [at, dim] of dims.entries()) {
        const [one, other] = [nameOf(first[at]), nameOf(dim)];
        const mustBeEqual = at !== (axis < 0 ? axis + dims.length : axis) && one !== other;
        if (mustBeEqual && symbols.has(one) && symbols.has(other)) merge(names, other, one);
      }
    }
  }
  return names.size === 0 ? graph : renameSymbols(graph, nameOf);
}

const symbolsOf = ({ inputs }: Graph): ReadonlySet<Dim> =>
  new Set(inputs.flatMap(({ dims = [] }) => dims.filter((dim) => typeof dim === 'string')));

/** Maps `from`, and all symbols that were mapped to it, to `to`. */
function merge(names: Map<Dim, Dim>, from: Dim, to: Dim): void {
  for (const [dim, name] of names) if (name === from) names.set(dim, to);
  names.set(from, to);
}

function renameSymbols(graph: Graph, nameOf: (dim: Dim) => Dim): Graph {
  const rename = <T extends ValueType>(type: T): T => ({ ...type, dims: type.dims?.map(nameOf) });
  return {
    ...graph,
    inputs: graph.inputs.map(rename),
    outputs: graph.outputs.map(rename),
    declared: new Map([...graph.declared].map(([name, type]) => [name, rename(type)] as const)),
    ...(graph.observed && {
      observed: new Map([...graph.observed].map(([name, type]) => [name, rename(type)] as const)),
    }),
  };
}
