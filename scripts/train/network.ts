import { fold, type Key, sizeOf, stream } from '@onnxplain/core';
import {
  builderOf,
  type Constant,
  emptyGraph,
  fold as foldConstants,
  type Graph,
  type Node,
  prune,
  type Value,
} from '@onnxplain/graph';
import type { Layer, Weight } from './layers.js';

const OPSET = 18;

/** A model that can be trained: its weights are initialisers of the graph. */
export interface Network {
  readonly graph: Graph;
  /** Names of the initialisers that training changes. */
  readonly weights: readonly string[];
}

export interface NetworkOptions {
  readonly name: string;
  readonly input: Value;
  readonly layers: Layer;
  /** Name and dims of the output. */
  readonly output: Value;
}

/** Makes a network of layers. Its weights start from normal numbers of the key. */
export function network({ name, input, layers, output }: NetworkOptions, key: Key): Network {
  const initial = Object.entries(layers.weights).map(
    ([weight, of], i) => [weight, initialValue(of, fold(key, i))] as const,
  );
  const constants = new Map([...initial, ...Object.entries(layers.constants ?? {})]);
  const b = builderOf({ ...emptyGraph({ '': OPSET }), name, inputs: [input], constants });
  const last = layers.emit(b, input.name, (own) => own);
  const graph = b.build([{ ...output, name: last }]);
  return { graph: renamed(graph, last, output.name), weights: initial.map(([weight]) => weight) };
}

function initialValue({ dims, deviation }: Weight, key: Key): Constant {
  const data = new Float32Array(sizeOf(dims));
  stream(key).addNormal(data, deviation);
  return { dtype: 'float32', dims, data };
}

/** Gives another name to a value that a node computes. */
function renamed(graph: Graph, from: string, to: string): Graph {
  const name = (value: string) => (value === from ? to : value);
  const nodes = graph.nodes.map((node): Node => ({ ...node, outputs: node.outputs.map(name) }));
  return { ...graph, nodes, outputs: graph.outputs.map((value) => ({ ...value, name: name(value.name) })) };
}

/** Returns the values of the weights, in the order of their names. The arrays are copies. */
export function weightsOf({ graph, weights }: Network): readonly Float32Array[] {
  return weights.map((name) => {
    const data = graph.constants.get(name)?.data;
    if (!(data instanceof Float32Array)) throw new TypeError(`${name} is not a float32 initialiser`);
    return data.slice();
  });
}

/** Returns the graph of a trained network with all that depends on weights alone computed, such as standardised kernels. */
export const foldWeights = ({ graph }: Network): Graph => prune(foldConstants(graph));

/** Returns the network with other values of its weights. */
export function withWeights({ graph, weights }: Network, values: readonly Float32Array[]): Network {
  const constants = new Map(graph.constants);
  weights.forEach((name, i) => {
    const { dims = [] } = graph.constants.get(name) ?? {};
    constants.set(name, { dtype: 'float32', dims, data: values[i] });
  });
  return { graph: { ...graph, constants }, weights };
}
