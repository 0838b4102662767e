import { DRAWS } from '../ir/ops.js';
import { describe } from '../ir/scope.js';
import type { Graph } from '../ir/types.js';
import { type NodeInGraph, nodesInGraphs } from '../ir/walk.js';
import { upTo } from './cut.js';

/**
 * Returns descriptions of the nodes that draw random numbers for an output, in inner graphs too: RandomNormal, Bernoulli, Multinomial,
 * Dropout in training mode, and so on. Two runs of a model with such nodes differ. Throws `value-unknown` for an output that the graph does
 * not have.
 */
export function randomNodes(graph: Graph, output: string): readonly string[] {
  const found = nodesInGraphs(upTo(graph, output)).filter(isRandom);
  return found.map(({ node }) => describe(node));
}

/** Whether a node draws random numbers. Dropout does so only in training mode, which its third input sets. */
function isRandom({ node: { op, domain, inputs }, graph: { constants } }: NodeInGraph): boolean {
  if (domain !== '' || !DRAWS.has(op)) return false;
  if (op !== 'Dropout') return true;
  if (!inputs[2]) return false;
  const training = constants.get(inputs[2]);
  return training === undefined || Number(training.data[0]) !== 0;
}
