import { fail, rows, type Shape, sameShape, type Tensor } from '@onnxplain/core';

/**
 * The unit of change of each element, its median absolute deviation over the background (Wachter et al. 2017). Where that is 0, the mean
 * absolute deviation; an element that is the same in all rows has the unit 0. Without a background all units are 1. Throws
 * `tensor-shape` for a background that is not [n, ...shape] with n of at least 2.
 */
export function unitsOf(where: string, background: Tensor | undefined, shape: Shape): Float64Array {
  const size = shape.reduce((product, dim) => product * dim, 1);
  if (background === undefined) return new Float64Array(size).fill(1);
  const [n, ...rest] = background.shape;
  if (!(n >= 2) || !sameShape(rest, shape)) {
    fail({
      code: 'tensor-shape',
      where: `${where}: background`,
      expected: `at least two inputs, [n${shape.map((dim) => `, ${dim}`).join('')}]`,
      got: `[${background.shape.join(', ')}]`,
      remedy: 'Give rows of the training data: background=rows.npy or background=rows(train.csv).',
    });
  }
  const { data } = rows(background, 0, n);
  return Float64Array.from({ length: size }, (_, i) =>
    deviation(Array.from({ length: n }, (__, row) => data[row * size + i])),
  );
}

function deviation(values: readonly number[]): number {
  const middle = median(values);
  const distances = values.map((value) => Math.abs(value - middle));
  return median(distances) || distances.reduce((sum, each) => sum + each, 0) / values.length;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
