/** Convolutions whose result a pool of 2 x 2 windows reads, with inputs that tie often. */
import { grad } from '../src/autodiff/grad.js';
import { attr } from '../src/builder/builder.js';
import { numArray } from '../src/interpreter/array.js';
import type { Attributes, Constant, Graph } from '../src/ir/types.js';
import { pseudorandom } from './central-differences.js';
import { float32, graphOf, node, value } from './graphs.js';

export interface PooledConvolution {
  /** [M, C, K, K] */
  readonly kernel: readonly number[];
  /** [C, H, W] */
  readonly input: readonly number[];
  readonly pads: readonly number[];
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  readonly group?: number;
  /** Whether the kernel is an input of the graph. */
  readonly open?: boolean;
  /** Whether the result of the convolution is an output beside the gradient. */
  readonly kept?: boolean;
  /** Attributes of the pool. Default: windows of 2 x 2 that tile the map. */
  readonly pool?: Attributes;
  /** Whether the graph says that there are 2 rows. */
  readonly fixed?: boolean;
}

/** Attributes of a pool of windows of size x size, with a stride of 2. */
export const windows = (size: number, pad: number): Attributes => ({
  kernel_shape: attr.ints([size, size]),
  strides: attr.ints([2, 2]),
  pads: attr.ints([pad, pad, pad, pad]),
});

const TILES = windows(2, 0);

/** -1, 0 or 1, so that sums of products are exact and often equal. */
const digit = (name: string, i: number): number => Math.round(1.4 * pseudorandom(name, i));
const digits = (name: string, dims: readonly number[]): Constant =>
  float32(
    dims,
    Array.from({ length: dims.reduce((n, size) => n * size, 1) }, (_, i) => digit(name, i)),
  );

/** The gradient of sum(w conv(pool(conv(x)))) by x, and its feeds. */
export function pooledConvolution(given: PooledConvolution) {
  const { kernel, input, pads, strides = [1, 1], dilations = [1, 1], group = 1, open, kept } = given;
  const { pool = TILES, fixed } = given;
  const k = open ? value('k', kernel) : undefined;
  const constants = { bias: digits('bias', [kernel[0]]), next: digits('next', [2, kernel[0], 1, 1]) };
  const window = { pads: attr.ints(pads), strides: attr.ints(strides), dilations: attr.ints(dilations) };
  const graph = graphOf({
    inputs: [value('x', [fixed ? 2 : 'N', ...input]), ...(k ? [k] : [])],
    outputs: [value('s', ['N']), ...(kept ? [value('c', undefined)] : [])],
    constants: { ...constants, ...(k ? {} : { k: digits('k', kernel) }), rest: axes },
    nodes: [
      node('c = Conv(x, k, bias)', { ...window, group: attr.int(group) }),
      node('p = MaxPool(c)', pool),
      node('n = Conv(p, next)'),
      node('square = Mul(n, n)'),
      node('s = ReduceSum(square, rest)', { keepdims: attr.int(0) }),
    ],
  });
  const x = numArray('float32', [2, ...input], numbers('x', [2, ...input]));
  const feeds = { x, ...(k ? { k: numArray('float32', kernel, numbers('k', kernel)) } : {}) };
  return { graph: grad(graph, { of: 's', wrt: 'x', keep: kept ? ['s', 'c'] : ['s'] }), feeds };
}

const numbers = (name: string, dims: readonly number[]): Float64Array =>
  Float64Array.from({ length: dims.reduce((n, size) => n * size, 1) }, (_, i) => digit(name, i));

const axes: Constant = { dtype: 'int64', dims: [3], data: BigInt64Array.of(1n, 2n, 3n) };

/** Whether the parts of windows of 2 x 2 are put together to an image by DepthToSpace, as in the backward rule of pools. */
export const joinsParts = ({ nodes }: Graph): boolean =>
  nodes.some(({ op, attributes }) => op === 'DepthToSpace' && attributes.blocksize?.value === 2);

export const operatorsOf = ({ nodes }: Graph): readonly string[] => nodes.map(({ op }) => op);

/** Convolutions that can be computed in phases. */
export const dense: readonly (readonly [string, PooledConvolution])[] = [
  ['5 x 5, padded', { kernel: [3, 1, 5, 5], input: [1, 8, 12], pads: [2, 2, 2, 2] }],
  ['5 x 5', { kernel: [2, 3, 5, 5], input: [3, 10, 8], pads: [0, 0, 0, 0] }],
  ['3 x 3, padded', { kernel: [4, 2, 3, 3], input: [2, 6, 8], pads: [1, 1, 1, 1] }],
  [
    'another kernel and padding for each side',
    { kernel: [2, 2, 4, 3], input: [2, 6, 8], pads: [2, 0, 1, 2] },
  ],
  ['3 x 3 of one channel', { kernel: [4, 1, 3, 3], input: [1, 8, 12], pads: [1, 1, 1, 1] }],
  [
    '5 x 5 of one channel, in blocks of 2 x 2 alone',
    { kernel: [2, 1, 5, 5], input: [1, 6, 8], pads: [2, 2, 2, 2] },
  ],
  ['1 x 1', { kernel: [3, 2, 1, 1], input: [2, 4, 6], pads: [0, 0, 0, 0] }],
  ['2 x 2, padded on one side', { kernel: [2, 1, 2, 2], input: [1, 4, 4], pads: [1, 0, 0, 1] }],
];

/** Convolutions that cannot. */
export const others: readonly (readonly [string, PooledConvolution])[] = [
  ['a stride', { kernel: [2, 1, 3, 3], input: [1, 8, 8], pads: [1, 1, 1, 1], strides: [2, 2] }],
  ['dilations', { kernel: [2, 1, 3, 3], input: [1, 8, 8], pads: [2, 2, 2, 2], dilations: [2, 2] }],
  ['groups', { kernel: [2, 1, 3, 3], input: [2, 8, 8], pads: [1, 1, 1, 1], group: 2 }],
  ['an odd size', { kernel: [2, 1, 3, 3], input: [1, 7, 8], pads: [1, 1, 1, 1] }],
  [
    'a kernel that is not constant',
    { kernel: [2, 1, 3, 3], input: [1, 8, 8], pads: [1, 1, 1, 1], open: true },
  ],
];
