import type { GraphBuilder } from '../builder/build.js';
import { attributesOf } from '../ir/attributes.js';
import type { Graph, Node } from '../ir/types.js';
import { renameGraph } from './rename.js';

/**
 * The branch of an If whose condition is known, which may stand in the node's place: its outputs are called like the node's, its other
 * values get names of their own. Undefined for any other node. The branch that is not taken need not make sense: exporters write
 * "squeeze if the size is 1" for any size.
 */
export function decidedBranch(node: Node, b: GraphBuilder): Graph | undefined {
  if (node.op !== 'If' || node.domain !== '') return undefined;
  const [condition] = b.typing.elementsOf(node.inputs[0] ?? '') ?? [];
  if (typeof condition !== 'number') return undefined;
  const branch = attributesOf(node, 'If')[condition === 0 ? 'else_branch' : 'then_branch'];
  const called = new Map(branch.outputs.map(({ name }, i) => [name, node.outputs[i] ?? '']));
  return renameGraph(branch, (name) => called.get(name) || b.fresh(name));
}
