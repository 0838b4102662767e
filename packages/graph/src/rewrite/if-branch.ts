import type { GraphBuilder } from '../builder/build.js';
import { attributesOf } from '../ir/attributes.js';
import type { Graph, Node } from '../ir/types.js';
import { renameGraph } from './rename.js';

/**
 * Returns the branch of an If whose condition is known, with the outputs named as those of the node and fresh names for all other values,
 * so that its nodes can replace the If. Undefined for other nodes. The other branch is dropped unseen; it may contradict the shapes, as
 * where an exporter writes "squeeze if the size is 1".
 */
export function takenBranch(node: Node, b: GraphBuilder): Graph | undefined {
  if (node.op !== 'If' || node.domain !== '') return undefined;
  const [condition] = b.typing.elementsOf(node.inputs[0] ?? '') ?? [];
  if (typeof condition !== 'number') return undefined;
  const branch = attributesOf(node, 'If')[condition === 0 ? 'else_branch' : 'then_branch'];
  const outputNames = new Map(branch.outputs.map(({ name }, i) => [name, node.outputs[i] ?? '']));
  return renameGraph(branch, (name) => outputNames.get(name) || b.fresh(name));
}
