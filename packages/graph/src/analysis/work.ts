import { own, sizeOf } from '@onnxplain/core';
import { infer } from '../infer/infer.js';
import { attributesOf } from '../ir/attributes.js';
import { isIn } from '../ir/ops.js';
import type { Constant, Graph, Node } from '../ir/types.js';
import { graphsOf } from '../ir/walk.js';

/** Multiplications that take as long as reading or writing one element. */
const PER_ELEMENT = 4;

/** A node, and how large its values are. A size that is not known is NaN. */
interface SizedNode {
  readonly node: Node;
  elements(name: string): number;
  size(name: string, axis: number): number;
}

type WorkRow = (sized: SizedNode) => number;

/** Each step of each sequence is multiplied by the weights of the inputs and by those of the state. */
const recurrent: WorkRow = ({ node, elements, size }) => {
  const [x, weights, stateWeights] = node.inputs;
  return (elements(x) / size(x, -1)) * (elements(weights) + elements(stateWeights));
};

const multiplications: Readonly<Record<string, WorkRow>> = {
  Conv: ({ node, elements, size }) =>
    (elements(node.outputs[0]) * elements(node.inputs[1])) / size(node.inputs[1], 0),
  ConvTranspose: ({ node, elements, size }) =>
    (elements(node.inputs[0]) * elements(node.inputs[1])) / size(node.inputs[1], 0),
  MatMul: ({ node, elements, size }) => elements(node.outputs[0]) * size(node.inputs[0], -1),
  Gemm: ({ node, elements, size }) =>
    (elements(node.outputs[0]) * elements(node.inputs[0])) / size(node.outputs[0], 0),
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
};

/** Whether a node takes the time in which its elements are read and written. */
const onlyMoves = (node: Node): boolean =>
  isIn(node, 'unary', 'arithmetic', 'comparison', 'logic', 'bits', 'copy', 'movement', 'placement') ||
  isIn(node, 'reduction', 'cumulative', 'search', 'pooling', 'normalisation', 'quantisation');

/**
 * Estimates the work of a run that threads can share, as the number of multiplications of a matrix product that takes as long. It tells
 * small graphs from large ones; two of equal work may differ by several times. Of a Scan, one step counts, because threads wait for each
 * other at each step; where all steps together take longer than the rest of the graph, the rest does not count. Infinity where a size is
 * not known, and for operators whose time does not follow from the sizes, such as Loop, If, Einsum and those of other domains.
 */
export function workOf(graph: Graph): number {
  const types = infer(graph);
  const dimsOf = (name: string) => (types.get(name)?.dims ?? [Number.NaN]).map(Number);
  const elements = (name: string) => sizeOf(dimsOf(name));
  const size = (name: string, axis: number) => dimsOf(name).at(axis) ?? Number.NaN;
  let [rest, step, steps] = [0, 0, 0];
  for (const node of graph.nodes) {
    const sized = { node, elements, size };
    if (node.op === 'Scan' && node.domain === '') {
      const work = workOfStep(node, graph.constants);
      step += work;
      steps += work * stepsOf(sized);
    } else rest += workOfNode(sized, graph);
  }
  const work = steps > rest ? step : rest + step;
  return Number.isNaN(work) ? Number.POSITIVE_INFINITY : work;
}

function stepsOf({ node, size }: SizedNode): number {
  const { num_scan_inputs: scanned, scan_input_axes: axes = [] } = attributesOf(node, 'Scan');
  return size(node.inputs[node.inputs.length - scanned], axes[0] ?? 0);
}

function workOfNode(sized: SizedNode, { constants }: Pick<Graph, 'constants'>): number {
  const { node, elements } = sized;
  if (isIn(node, 'reshape', 'shape')) return 0;
  const row = node.domain === '' ? own(multiplications, node.op) : undefined;
  if (row === undefined && !onlyMoves(node)) return Number.POSITIVE_INFINITY;
  const names = [...node.inputs, ...node.outputs].filter((name) => name !== '' && !constants.has(name));
  return names.reduce((sum, name) => sum + PER_ELEMENT * elements(name), row?.(sized) ?? 0);
}

/**
 * Counts the products of one row with constant matrices in one step of a Scan. Steps run one after the other, so that threads only share
 * the work inside each.
 */
function workOfStep(node: Node, constants: ReadonlyMap<string, Constant>): number {
  const [body] = graphsOf(node);
  return body.nodes.reduce((sum, inner) => sum + workInStep(inner, [body.constants, constants]), 0);
}

function workInStep(node: Node, scopes: readonly ReadonlyMap<string, Constant>[]): number {
  if (isIn(node, 'linear')) {
    const matrix = scopes
      .map((constants) => constants.get(node.inputs[1]))
      .find((found) => found !== undefined);
    return matrix === undefined ? Number.POSITIVE_INFINITY : sizeOf(matrix.dims);
  }
  return onlyMoves(node) || isIn(node, 'reshape', 'shape') ? 0 : Number.POSITIVE_INFINITY;
}
