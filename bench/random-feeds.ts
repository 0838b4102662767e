import type { Graph } from '@onnxplain/graph';

/** Makes feeds of normal numbers, and class 0. Sizes that are not fixed become the batch size. */
export function randomFeeds({ inputs }: Graph, batch: number) {
  const entries = inputs.map(({ name, dtype, dims = [] }) => {
    const sizes = dims.map((size) => (typeof size === 'number' ? size : batch));
    const length = sizes.reduce((product, size) => product * size, 1);
    const data =
      dtype === 'int64'
        ? new BigInt64Array(length)
        : Float32Array.from(
            { length },
            () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random()),
          );
    return [name, { dtype, dims: sizes, data }] as const;
  });
  return Object.fromEntries(entries);
}
