import { type DrawnWeights, fail, fold, isFloat, type Key, own, stream } from '@onnxplain/core';
import { constantFrom, numbersOf } from '../ir/constant.js';
import { namesIn } from '../ir/names.js';
import type { Constant, Graph, Node } from '../ir/types.js';

/** The inputs of each layer that are weights or a bias, where they are constants. */
const WEIGHTS: Readonly<Record<string, readonly number[]>> = {
  Conv: [1, 2],
  ConvTranspose: [1, 2],
  Gemm: [1, 2],
  MatMul: [0, 1],
  LSTM: [1, 2, 3],
  GRU: [1, 2, 3],
  RNN: [1, 2, 3],
};

/**
 * Draws the weights and the bias of the last layers anew, as for the check of [H21] Appendix I, or of all layers. A layer is a convolution,
 * a matrix product (Gemm, MatMul with the Add of a constant after it) or a recurrent cell, with constant weights; the last ones are
 * the last in the order of the nodes. Each tensor is drawn by itself, from `fold(key, name)`: 'normal' with its mean and standard
 * deviation, 'permuted' the same numbers in random order. The nodes of inner graphs and normalisations stay as they are. A tensor that
 * other layers share stays as it is there. Throws `not-applicable` for a graph without such layers, or with fewer than asked for.
 */
export function randomiseWeights(graph: Graph, { layers, draw, key }: DrawnWeights): Graph {
  const found = layersOf(graph);
  if (found.length === 0 || (layers !== 'all' && layers > found.length)) {
    fail({
      code: 'not-applicable',
      where: 'random weights',
      expected: layers === 'all' ? 'a model with weights' : `${layers} layers with weights`,
      got: `${found.length} such layers`,
      remedy: found.length === 0 ? undefined : `Take at most ${found.length} layers.`,
    });
  }
  const chosen = layers === 'all' ? found : found.slice(-layers);
  const used = namesIn(graph);
  const constants = new Map(graph.constants);
  const renamed = new Map<Node, Map<string, string>>();
  for (const { node, name } of chosen.flat()) {
    const drawn = unusedName(`${name}/random`, used);
    const constant = graph.constants.get(name);
    if (constant !== undefined) constants.set(drawn, drawnLike(constant, draw, fold(key, name)));
    renamed.set(node, (renamed.get(node) ?? new Map()).set(name, drawn));
  }
  const nodes = graph.nodes.map((node) => {
    const names = renamed.get(node);
    return names === undefined
      ? node
      : { ...node, inputs: node.inputs.map((each) => names.get(each) ?? each) };
  });
  return { ...graph, constants, nodes };
}

/** A constant and the node that reads it. */
interface Weight {
  readonly node: Node;
  readonly name: string;
}

/** How many layers {@link randomiseWeights} finds. */
export const countWeightLayers = (graph: Graph): number => layersOf(graph).length;

/** The weights of each layer, in the order of the nodes. */
function layersOf({ nodes, constants }: Graph): readonly (readonly Weight[])[] {
  const isWeight = (name: string): boolean => {
    const constant = constants.get(name);
    return constant !== undefined && isFloat(constant.dtype) && constant.dims.length > 0;
  };
  return nodes.flatMap((node) => {
    const places = node.domain === '' ? (own(WEIGHTS, node.op) ?? []) : [];
    const weights = places.map((at) => node.inputs[at] ?? '').filter(isWeight);
    if (weights.length === 0) return [];
    const readers = nodes.filter(({ inputs }) => inputs.includes(node.outputs[0]));
    const bias = node.op === 'MatMul' && readers.length === 1 && readers[0].op === 'Add' ? readers : [];
    return [
      [
        ...weights.map((name) => ({ node, name })),
        ...bias.flatMap((add) => add.inputs.filter(isWeight).map((name) => ({ node: add, name }))),
      ],
    ];
  });
}

function unusedName(wanted: string, used: ReadonlySet<string>): string {
  let name = wanted;
  while (used.has(name)) name = `${name}_`;
  return name;
}

/** A tensor of the same type and shape with other numbers. */
function drawnLike(constant: Constant, draw: DrawnWeights['draw'], key: Key): Constant {
  const numbers = numbersOf(constant);
  const random = stream(key);
  if (draw === 'permuted') {
    for (let i = numbers.length - 1; i > 0; i--) {
      const j = random.below(i + 1);
      [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
    }
    return constantFrom(constant.dtype, constant.dims, numbers);
  }
  const mean = numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
  const variance = numbers.reduce((sum, value) => sum + (value - mean) ** 2, 0) / numbers.length;
  const drawn = numbers.map(() => mean + Math.sqrt(variance) * random.normal());
  return constantFrom(constant.dtype, constant.dims, drawn);
}
