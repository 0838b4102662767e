import { DRAWS } from '../ir/ops.js';
import { describe, graphsOf } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import { upTo } from './cut.js';

/**
 * What messages call the nodes that draw random numbers for an output: RandomNormal, Bernoulli, Multinomial, Dropout in training mode,
 * ..., inner graphs included. Two runs of a model that has some differ. Throws `value-unknown` for an output that there is not.
 */
export function drawsOf(graph: Graph, output: string): readonly string[] {
  const found = nodesIn(upTo(graph, output)).filter(({ node, within }) => isDraw(node, within));
  return found.map(({ node }) => describe(node));
}

interface Within {
  readonly node: Node;
  readonly within: Graph;
}

const nodesIn = (graph: Graph): readonly Within[] =>
  graph.nodes.flatMap((node) => [{ node, within: graph }, ...graphsOf(node).flatMap(nodesIn)]);

/** Dropout draws in training mode only, which its third input tells: absent or false, it passes its input on. */
function isDraw({ op, domain, inputs }: Node, { constants }: Graph): boolean {
  if (domain !== '' || !DRAWS.has(op)) return false;
  if (op !== 'Dropout') return true;
  if (!inputs[2]) return false;
  const training = constants.get(inputs[2]);
  return training === undefined || Number(training.data[0]) !== 0;
}
