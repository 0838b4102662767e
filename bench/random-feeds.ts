import { key, stream } from '@onnxplain/core';
import type { Graph } from '@onnxplain/graph';

/** Makes feeds of normal numbers, and class 0. Sizes that are not fixed become the batch size. */
export function randomFeeds({ inputs }: Graph, batch: number) {
  const entries = inputs.map(({ name, dtype, dims = [] }) => {
    const sizes = dims.map((size) => (typeof size === 'number' ? size : batch));
    const length = sizes.reduce((product, size) => product * size, 1);
    const data = dtype === 'int64' ? new BigInt64Array(length) : new Float32Array(length);
    if (data instanceof Float32Array) stream(key(0)).fillNormal(data);
    return [name, { dtype, dims: sizes, data }] as const;
  });
  return Object.fromEntries(entries);
}
