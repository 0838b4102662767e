import { builderOf } from '../builder/build.js';
import type { Builder } from '../builder/builder.js';
import { describe } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import { graphsOf } from '../ir/walk.js';
import { type Path, pathOf } from './path.js';
import { type GradRequest, resolveRequest } from './request.js';
import { isRectifier } from './tables/rectifier.js';

/**
 * Describes the rectifiers between `wrt` and `of`, as messages do. Only at these nodes guided backpropagation and deconvnet differ from
 * the derivative. A node with inner graphs counts where one of these holds a rectifier.
 * Options and their errors are those of `grad`.
 */
export function rectifiersOf(graph: Graph, request: GradRequest = {}): readonly string[] {
  const { graph: canonical, ends } = resolveRequest(graph, request);
  const b = builderOf(canonical);
  const path = pathOf(canonical, ends, b);
  return path.pathNodes.filter(({ node }) => rectifies(b, node, path)).map(({ node }) => describe(node));
}

function rectifies(b: Builder, node: Node, path: Path): boolean {
  const wanted = node.inputs.map((name) => path.active.has(name));
  if (isRectifier(b, node.op, { inputs: node.inputs, wanted })) return true;
  return graphsOf(node).some((graph) => {
    const inside = b.inside(graph);
    return graph.nodes.some((inner) => rectifies(inside, inner, path));
  });
}
