import { attr, builderOf, type Graph, grad } from '@onnxplain/graph';
import type { Network } from './network.js';

/** The input of a training graph that holds the right class of each row, int64 of [N]. */
export const LABEL = 'label';

export interface LossOptions {
  /** Share of the probability that a label gives to all classes alike (Szegedy et al. 2016, section 7). Default 0. */
  readonly smoothing?: number;
}

/**
 * Returns the graph of the mean cross entropy of the rows: the inputs of the network, {@link LABEL} and the weights in, one number out.
 * The network has one output, [N, classes], which holds logits.
 */
export function crossEntropy({ graph, weights }: Network, { smoothing = 0 }: LossOptions = {}): Graph {
  const [logits] = graph.outputs;
  const label = { name: LABEL, dtype: 'int64', dims: logits.dims?.slice(0, 1) } as const;
  const inputs = [...graph.inputs, label, ...weightInputs({ graph, weights })];
  const constants = new Map([...graph.constants].filter(([name]) => !weights.includes(name)));
  const b = builderOf({ ...graph, inputs, constants });
  const logProbability = b.emit('LogSoftmax', [logits.name], { axis: attr.int(1) });
  const index = b.emit('Unsqueeze', [LABEL, b.ints([1])]);
  const picked = b.emit('GatherElements', [logProbability, index], { axis: attr.int(1) });
  const mean = (value: string) => b.emit('ReduceMean', [value], { keepdims: attr.int(0) });
  const part = (value: string, share: number) => b.emit('Mul', [mean(value), b.scalar(-share, value)]);
  const own = part(picked, 1 - smoothing);
  const loss = smoothing === 0 ? own : b.emit('Add', [own, part(logProbability, smoothing)]);
  return b.build([{ name: loss, dtype: 'float32', dims: [] }]);
}

function weightInputs({ graph, weights }: Network): Graph['inputs'] {
  return weights.map((name) => ({
    name,
    dtype: 'float32',
    dims: graph.constants.get(name)?.dims,
  }));
}

/** Returns the graph of the mean cross entropy and of its gradients with respect to the values `wrt`, in this order. */
export function lossGradient(network: Network, wrt: readonly string[], options?: LossOptions): Graph {
  return grad(crossEntropy(network, options), { wrt });
}
