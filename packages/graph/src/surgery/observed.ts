import { declaredTypes, symbolsOf, unknownsBeside } from '../infer/declared.js';
import { isUnknown } from '../infer/dim.js';
import { infer } from '../infer/infer.js';
import { constantFrom } from '../ir/constant.js';
import { identity } from '../ir/identity.js';
import { namesBeside } from '../ir/names.js';
import type { Constant, DataType, Dim, Graph, Node, Value, ValueType } from '../ir/types.js';

/** What a run showed of a value; a size is undefined where the run does not tell what it depends on. */
export interface Observation {
  readonly dtype: DataType;
  readonly dims: readonly (Dim | undefined)[];
}

/**
 * Values of a graph in canonical form whose rank does not follow from the nodes, or of which only the file declares which axis holds
 * the rows of the inputs. Run the graph, look at their shapes, and hand them to {@link withObserved}: a declaration is not believed.
 * Each with the number type that it has and the dims that the file declares.
 */
export function undetermined(graph: Graph): readonly Value[] {
  const types = infer(graph);
  const declared = declaredTypes(graph);
  const symbols = symbolsOf(graph);
  return graph.nodes.flatMap(({ outputs }) =>
    outputs.flatMap((name): Value[] => {
      const [found, said] = [types.get(name), declared.get(name)?.dims];
      if (found === undefined) return [];
      const told = found.dims !== undefined && !claimsRows(said, found.dims, symbols);
      return told ? [] : [{ name, dtype: found.dtype, dims: said }];
    }),
  );
}

/** Whether a declaration puts a symbol of the inputs where inference knows nothing. */
function claimsRows(
  declared: ValueType['dims'],
  inferred: readonly Dim[],
  symbols: ReadonlySet<Dim>,
): boolean {
  if (declared?.length !== inferred.length) return false;
  return declared.some((dim, i) => symbols.has(dim) && isUnknown(inferred[i] ?? dim));
}

/**
 * The graph with types that a run showed, which stand where inference knows nothing. A Squeeze without axes is spelled with those of
 * size 1 where the run showed that it keeps the symbolic ones; with a symbol of 1 the spelled one keeps it too.
 */
export function withObserved(graph: Graph, seen: ReadonlyMap<string, Observation>): Graph {
  const unknown = unknownsBeside(graph);
  const observed = new Map<string, ValueType>(graph.observed);
  for (const [name, { dtype, dims }] of seen) {
    observed.set(name, { dtype, dims: dims.map((dim) => dim ?? unknown()) });
  }
  const types = infer({ ...graph, observed });
  const constants = new Map(graph.constants);
  const fresh = namesBeside(graph);
  const add = (value: Constant): string => {
    const name = fresh('axes');
    constants.set(name, value);
    return name;
  };
  const nodes = graph.nodes.map((node) => spelledSqueeze(node, (name) => types.get(name)?.dims, add));
  return { ...graph, nodes, constants, observed };
}

function spelledSqueeze(
  node: Node,
  dimsOf: (name: string) => ValueType['dims'],
  add: (value: Constant) => string,
): Node {
  const { op, domain, inputs, outputs } = node;
  if (op !== 'Squeeze' || domain !== '' || (inputs[1] ?? '') !== '') return node;
  const [before, after] = [dimsOf(inputs[0]), dimsOf(outputs[0])];
  const axes = before?.flatMap((dim, i) => (dim === 1 ? [i] : [])) ?? [];
  if (before === undefined || after?.length !== before.length - axes.length) return node;
  if (axes.length === 0) return identity(inputs[0], outputs[0]);
  return { ...node, inputs: [inputs[0], add(constantFrom('int64', [axes.length], axes))] };
}
