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

/**
 * Reads sizes that a graph leaves open, `NAME=SIZE,...`. Throws for a name that no size of the inputs has, and for sizes that are not
 * positive integers.
 */
export function readOpenSizes(text: string, { inputs }: Graph): ReadonlyMap<string, number> {
  const open = new Set(
    inputs.flatMap(({ dims = [] }) => dims.filter((size) => typeof size !== 'number').map(String)),
  );
  const entries = text
    .split(',')
    .filter(Boolean)
    .map((each) => {
      const at = each.lastIndexOf('=');
      const [name, size] = [each.slice(0, at), Number(each.slice(at + 1))];
      if (!open.has(name))
        throw new Error(`No size is called "${name}". Open sizes: ${[...open].join(', ') || 'none'}.`);
      if (!Number.isInteger(size) || size < 1)
        throw new Error(`The size of "${name}" is no positive integer.`);
      return [name, size] as const;
    });
  return new Map(entries);
}
