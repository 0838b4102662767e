import { DRAWS } from '../ir/ops.js';
import { describe } from '../ir/scope.js';
import type { Graph } from '../ir/types.js';
import { type NodeInGraph, nodesInGraphs } from '../ir/walk.js';
import { upTo } from './cut.js';

/**
 * What messages call the nodes that draw random numbers for an output: RandomNormal, Bernoulli, Multinomial, Dropout in training mode,
 * ..., inner graphs included. Two runs of a model that has some differ. Throws `value-unknown` for an output that there is not.
 */
export function drawsOf(graph: Graph, output: string): readonly string[] {
  const found = nodesInGraphs(upTo(graph, output)).filter(isDraw);
  return found.map(({ node }) => describe(node));
}

/** Dropout draws in training mode only, which its third input tells: absent or false, it passes its input on. */
function isDraw({ node: { op, domain, inputs }, graph: { constants } }: NodeInGraph): boolean {
  if (domain !== '' || !DRAWS.has(op)) return false;
  if (op !== 'Dropout') return true;
  if (!inputs[2]) return false;
  const training = constants.get(inputs[2]);
  return training === undefined || Number(training.data[0]) !== 0;
}
