import { builderOf } from '../builder/build.js';
import { isIn } from '../ir/ops.js';
import { describe, usesOf } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import { ancestors, type Path, pathOf } from './path.js';
import { type GradRequest, resolveRequest } from './request.js';
import { gradient } from './rules/gradient.js';

/** The nodes at which every path from some values to an output loses its derivative. */
export interface Flatness {
  /** What messages call the nodes, in order: Cast to integers, Round, ArgMax, comparisons, indices of TopK, ... */
  readonly nodes: readonly string[];
  /**
   * An embedding: a value whose rows integers pick from a constant table, and by which the output has a derivative. Absent where there is
   * none. Rows that are found by a search, such as nearest neighbours, do not count, because they belong to no part of the input.
   */
  readonly embedding?: string;
}

/**
 * Finds the nodes that make the derivative of `of` by `wrt` 0 for every input. Undefined where the derivative may be another number, and
 * where `of` does not depend on `wrt`. Nothing is run. Inner graphs (If, Loop, Scan) are taken to have a derivative. Options
 * and their errors are those of `grad`.
 */
export function flatnessOf(graph: Graph, request: GradRequest = {}): Flatness | undefined {
  const { graph: canonical, ends } = resolveRequest(graph, request);
  const path = pathOf(canonical, ends, builderOf(canonical));
  if (path.active.has(ends.of) || path.independent.length === ends.wrt.length) return undefined;
  const reached = ancestors(canonical.nodes, [ends.of]);
  const stops = canonical.nodes.filter((node) => isStop(node, path, reached));
  const searches = stops.filter((node) => isIn(node, 'search'));
  const embedding = canonical.nodes.find(
    (node) =>
      picksRows(canonical, node) && isAfter(node, path, reached) && !isFound(canonical, node, searches),
  );
  return { nodes: stops.map(describe), embedding: embedding?.outputs[0] };
}

/** Whether a node reads a value with a derivative and gives one without. */
const isStop = (node: Node, { active }: Path, reached: ReadonlySet<string>): boolean =>
  usesOf(node).some((name) => active.has(name)) &&
  node.outputs.some((name) => reached.has(name) && !active.has(name));

const isAfter = ({ inputs, outputs }: Node, { varying }: Path, reached: ReadonlySet<string>): boolean =>
  varying.has(inputs[1]) && reached.has(outputs[0]);

function isFound({ nodes }: Graph, { inputs }: Node, searches: readonly Node[]): boolean {
  const before = ancestors(nodes, [inputs[1]]);
  return searches.some(({ outputs }) => outputs.some((name) => before.has(name)));
}

const picksRows = ({ constants }: Graph, { op, domain, inputs }: Node): boolean =>
  op === 'Gather' && domain === '' && constants.get(inputs[0])?.dims.length === 2;

/** Whether a path between two values of a graph in canonical form has a derivative. */
export function isDifferentiable(graph: Graph, { of, wrt }: { of: string; wrt: string }): boolean {
  return pathOf(graph, { of, wrt: [wrt], rules: gradient }, builderOf(graph)).active.has(of);
}
