import type { Key } from '@onnxplain/core';
import type { Arrays } from '@onnxplain/runtime';
import type { Examples } from './examples.js';
import { LABEL } from './loss.js';
import type { Network } from './network.js';

/** The inputs and labels of some examples, as the graph of the loss takes them. */
export function labelled(examples: Examples, picked: Uint32Array, key: Key): Arrays {
  const data = BigInt64Array.from(picked, (index) => BigInt(examples.labels[index]));
  return { ...examples.feeds(picked, key), [LABEL]: { dtype: 'int64', dims: [picked.length], data } };
}

/** Values of the weights, as the graph of the loss takes them. */
export function weightFeeds({ graph, weights }: Network, values: readonly Float32Array[]): Arrays {
  return Object.fromEntries(
    weights.map((name, i) => {
      const dims = graph.constants.get(name)?.dims ?? [];
      return [name, { dtype: 'float32', dims, data: values[i] } as const];
    }),
  );
}

/** The numbers of a float32 array. */
export function floats(data: unknown): Float32Array {
  if (data instanceof Float32Array) return data;
  throw new TypeError('expected float32 numbers');
}
