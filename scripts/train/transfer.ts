import { type Constant, type Graph, type Value, verify } from '@onnxplain/graph';
import { floats } from './feeds.js';
import type { Network } from './network.js';

export interface TransferOptions {
  /** Takes the place of the input of the trained network, with the same name. */
  readonly input: Value;
  /** Takes the place of its output, with the same name. */
  readonly output: Value;
  /** Which classes of the trained network the new one tells, in the order of the new ones. */
  readonly classes: readonly number[];
}

/**
 * A network that starts from a trained one, whose last node is a dense layer (Gemm of [N, from] and [from, classes]): all of its weights,
 * of the last layer those of `classes`. Kernels, dense weights and biases are trained.
 */
export function transferred(graph: Graph, { input, output, classes }: TransferOptions): Network {
  const parameters = graph.nodes
    .filter(({ op }) => op === 'Conv' || op === 'Gemm')
    .flatMap(({ inputs }) => inputs.slice(1));
  const constants = new Map(graph.constants);
  for (const name of graph.nodes[graph.nodes.length - 1].inputs.slice(1)) {
    const whole = constants.get(name);
    if (whole !== undefined) constants.set(name, columns(whole, classes));
  }
  const changed = { ...graph, inputs: [input], outputs: [output], constants, declared: new Map() };
  verify(changed);
  return { graph: changed, weights: parameters };
}

/** The chosen columns of a matrix, or elements of a vector. */
function columns({ dims, data }: Constant, chosen: readonly number[]): Constant {
  const width = dims[dims.length - 1];
  const all = floats(data);
  const rows = all.length / width;
  const picked = Float32Array.from(
    { length: rows * chosen.length },
    (_, i) => all[Math.floor(i / chosen.length) * width + chosen[i % chosen.length]],
  );
  return { dtype: 'float32', dims: [...dims.slice(0, -1), chosen.length], data: picked };
}
