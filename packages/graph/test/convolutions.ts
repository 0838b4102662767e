/** Gradients of convolutions of many forms, and the same numbers by their definition. */

import { grad } from '../src/autodiff/grad.js';
import { attr } from '../src/builder/builder.js';
import type { Constant } from '../src/ir/types.js';
import { pseudorandom } from './central-differences.js';
import { float32, graphOf, node, value } from './graphs.js';

export interface ConvolutionCase {
  /** [M, C/g, ...] */
  readonly kernel: readonly number[];
  /** [C, ...] */
  readonly input: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly group?: number;
  /** Spatial axes whose size the graph leaves open. */
  readonly open?: readonly number[];
}

const wobbles = (name: string, dims: readonly number[]): Constant =>
  float32(
    dims,
    Array.from({ length: dims.reduce((n, d) => n * d, 1) }, (_, i) => Math.fround(pseudorandom(name, i))),
  );

function outputOf({ kernel, input, strides, pads }: ConvolutionCase): number[] {
  const axes = strides.map((stride, i) => {
    const padded = input[i + 1] + pads[i] + pads[i + strides.length];
    return Math.floor((padded - kernel[i + 2]) / stride) + 1;
  });
  return [kernel[0], ...axes];
}

/** The gradient of sum(c Conv(x, k)) by x. */
export function gradientOf(given: ConvolutionCase) {
  const { kernel, input, strides, pads, group = 1, open = [] } = given;
  const output = outputOf(given);
  const dims = input.map((size, axis) => (open.includes(axis - 1) ? `S${axis}` : size));
  const graph = graphOf({
    inputs: [value('x', ['N', ...dims])],
    outputs: [value('s', ['N'])],
    constants: { c: wobbles('c', [1, ...output]), k: wobbles('k', kernel), rest: axesOf(output) },
    nodes: [
      node('y = Conv(x, k)', { strides: attr.ints(strides), pads: attr.ints(pads), group: attr.int(group) }),
      node('p = Mul(y, c)'),
      node('s = ReduceSum(p, rest)', { keepdims: attr.int(0) }),
    ],
  });
  return grad(graph, { keep: [] });
}

const axesOf = (output: readonly number[]): Constant => ({
  dtype: 'int64',
  dims: [output.length],
  data: BigInt64Array.from(output, (_, i) => BigInt(i + 1)),
});

/** Every product of the convolution, one by one. */
export function adjoint(given: ConvolutionCase): number[] {
  const { kernel, input, strides, pads, group = 1 } = given;
  const output = outputOf(given);
  const [c, k] = [wobbles('c', output).data, wobbles('k', kernel).data];
  const result = new Array<number>(input.reduce((n, d) => n * d, 1)).fill(0);
  const size = (dims: readonly number[]) => dims.reduce((n, d) => n * d, 1);
  const place = (at: number, dims: readonly number[]) =>
    dims.map((length, axis) => Math.floor(at / size(dims.slice(axis + 1))) % length);
  const index = (at: readonly number[], dims: readonly number[]) =>
    at.reduce((sum, i, axis) => sum * dims[axis] + i, 0);
  for (let o = 0; o < c.length; o++) {
    const [m, ...windows] = place(o, output);
    for (let t = 0; t < size(kernel.slice(1)); t++) {
      const [channel, ...taps] = place(t, kernel.slice(1));
      const at = windows.map((window, i) => window * strides[i] + taps[i] - pads[i]);
      if (at.some((i, axis) => i < 0 || i >= input[axis + 1])) continue;
      const from = Math.floor(m / (kernel[0] / group)) * kernel[1] + channel;
      result[index([from, ...at], input)] += Number(c[o]) * Number(k[index([m, channel, ...taps], kernel)]);
    }
  }
  return result;
}

/** Each with those of ConvTranspose, Pad, Transpose and DepthToSpace that ONNX Runtime's CPU provider gets. */
export const convolutionCases: readonly (readonly [string, readonly string[], ConvolutionCase])[] = [
  ['a stride of 1', [], { kernel: [3, 5, 3, 3], input: [5, 6, 6], strides: [1, 1], pads: [1, 1, 1, 1] }],
  [
    'an image',
    ['Transpose'],
    { kernel: [4, 3, 3, 3], input: [3, 6, 8], strides: [1, 1], pads: [1, 1, 1, 1] },
  ],
  [
    'an image without padding',
    ['Transpose'],
    { kernel: [2, 1, 5, 3], input: [1, 8, 6], strides: [1, 1], pads: [0, 0, 0, 0] },
  ],
  [
    'an image, strided',
    ['Transpose'],
    { kernel: [3, 3, 7, 7], input: [3, 12, 10], strides: [2, 2], pads: [3, 3, 3, 3] },
  ],
  [
    'an image with long rows',
    ['Transpose'],
    { kernel: [3, 3, 3, 3], input: [3, 4, 32], strides: [1, 1], pads: [1, 1, 1, 1] },
  ],
  [
    'an image, strided, in blocks of 4 x 4',
    ['DepthToSpace'],
    { kernel: [2, 3, 7, 7], input: [3, 12, 8], strides: [2, 2], pads: [3, 3, 3, 3] },
  ],
  [
    'an image, strided, in blocks of 4 x 4 with long rows',
    ['Transpose'],
    { kernel: [2, 3, 7, 7], input: [3, 4, 64], strides: [2, 2], pads: [3, 3, 3, 3] },
  ],
  [
    'an image, strided, of windows that hardly overlap',
    ['Transpose'],
    { kernel: [3, 3, 3, 3], input: [3, 8, 6], strides: [2, 2], pads: [1, 1, 1, 1] },
  ],
  [
    'an image padded on one side, with windows that miss the end',
    ['Transpose'],
    { kernel: [2, 2, 5, 5], input: [2, 8, 10], strides: [2, 2], pads: [0, 2, 1, 0] },
  ],
  [
    'an image of one channel, in blocks of 4 x 4',
    ['DepthToSpace'],
    { kernel: [2, 1, 5, 5], input: [1, 8, 12], strides: [1, 1], pads: [2, 2, 2, 2] },
  ],
  [
    'an image of one channel, strided',
    ['DepthToSpace'],
    { kernel: [2, 1, 5, 5], input: [1, 8, 12], strides: [2, 2], pads: [2, 2, 2, 2] },
  ],
  [
    'an image of odd size',
    ['ConvTranspose'],
    { kernel: [2, 3, 7, 7], input: [3, 9, 10], strides: [2, 2], pads: [3, 3, 3, 3] },
  ],
  [
    'one channel a group, strided',
    ['Pad', 'Transpose'],
    { kernel: [4, 1, 3, 3], input: [4, 6, 8], strides: [2, 2], pads: [1, 1, 1, 1], group: 4 },
  ],
  [
    'one channel a group, another stride for each axis, windows that miss the end',
    ['Pad', 'Transpose'],
    { kernel: [2, 1, 3, 2], input: [2, 9, 7], strides: [3, 2], pads: [0, 0, 0, 0], group: 2 },
  ],
  [
    'one channel a group, one axis',
    ['Pad', 'Transpose'],
    { kernel: [3, 1, 4], input: [3, 11], strides: [2], pads: [1, 2], group: 3 },
  ],
  [
    'one channel a group, strided along one axis, of unknown size along the other',
    ['ConvTranspose'],
    { kernel: [2, 1, 3, 3], input: [2, 8, 7], strides: [2, 1], pads: [0, 1, 1, 1], group: 2, open: [1] },
  ],
  [
    'one channel a group, padded beyond the kernel',
    ['ConvTranspose'],
    { kernel: [2, 1, 1, 1], input: [2, 4, 4], strides: [2, 2], pads: [1, 1, 1, 1], group: 2 },
  ],
];
