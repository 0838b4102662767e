import { emptyGraph } from '../ir/empty-graph.js';
import type { Graph } from '../ir/types.js';
import type { Builder, InnerGraph } from './builder.js';
import { draftOf, TARGETS } from './draft.js';
import { emission } from './emission.js';
import { type Placement, placement } from './placement.js';
import { shapes } from './shapes.js';
import { valueLookup } from './value-lookup.js';

/** A builder that can also append existing nodes under their own names, for rewrites of graphs. */
export interface GraphBuilder extends Builder, Placement {}

/** Returns a builder that continues a graph. The values of the graph keep their names, types and constants. */
export function builderOf(graph: Graph): Builder {
  return graphBuilderOf(graph);
}

/** {@link builderOf} for rewrites. `outer` builds the graph around an inner one. */
export function graphBuilderOf(graph: Graph, outer?: GraphBuilder): GraphBuilder {
  const builder = builderWithin(graph, outer);
  for (const value of graph.inputs) builder.addInput(value);
  for (const [name, value] of graph.constants) builder.addConstant(name, value);
  for (const node of graph.nodes) builder.append(node);
  return builder;
}

/** Returns a builder of a new graph in the standard domain. */
export function emptyBuilder(opset: number): Builder {
  return builderOf(emptyGraph({ '': opset }));
}

/** Returns a builder with the header of a graph and none of its values. New names differ from those of the graph. */
export function builderWithin(header: Graph, outer?: GraphBuilder): GraphBuilder {
  const draft = draftOf(header, outer);
  const { constants, nodes, inputs: all, targets } = draft;
  const { constant, ints } = constants;
  const lookup = valueLookup(draft.typing);
  const emitting = emission(draft);
  const builder: GraphBuilder = {
    opset: header.opsets[''] ?? 0,
    fresh: draft.fresh,
    ...lookup,
    constant,
    ints,
    scalar: (value, like) => constants.scalarOf(lookup.dtype(like), value),
    ...emitting,
    ...shapes({ ...emitting, ...lookup, opset: header.opsets[''] ?? 0, ints, inputs: all, targets }),
    ...placement(draft, outer),
    inside: (inner) => graphBuilderOf(bodyOf(header, inner), builder),
    build: (outputs, inputs = all) => ({
      ...header,
      ...(targets.size > 0 && { metadata: { ...header.metadata, [TARGETS]: [...targets].join(',') } }),
      inputs,
      outputs,
      constants: new Map(constants.all),
      nodes: [...nodes.all],
    }),
  };
  return builder;
}

function bodyOf(
  { opsets }: Graph,
  { inputs, constants = new Map(), nodes = [], declared = new Map() }: InnerGraph,
): Graph {
  return { ...emptyGraph(opsets), name: 'body', inputs, constants, nodes, declared };
}
