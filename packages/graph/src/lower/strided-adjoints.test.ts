import { describe, expect, it } from 'vitest';
import { pseudorandom } from '../../test/central-differences.js';
import { adjoint, type ConvolutionCase, gradientOf } from '../../test/convolutions.js';
import { float32, graphOf, node, value } from '../../test/graphs.js';
import { grad } from '../autodiff/grad.js';
import { attr } from '../builder/builder.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Constant, Graph, Node } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { prune } from '../rewrite/prune.js';
import { stridedAdjoints } from './strided-adjoints.js';

const count = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1);
const wobbles = (name: string, dims: readonly number[]): Constant =>
  float32(
    dims,
    Array.from({ length: count(dims) }, (_, i) => Math.fround(pseudorandom(name, i))),
  );

/** Whatever the size of the image. */
const lowered = (graph: Graph): Graph => prune(stridedAdjoints(graph, () => true));
const operators = ({ nodes }: Graph): readonly string[] => nodes.map(({ op }) => op);

const dense: Omit<ConvolutionCase, 'input'> = {
  kernel: [16, 16, 3, 3],
  strides: [2, 2],
  pads: [1, 1, 1, 1],
};

describe('a strided ConvTranspose, dense', () => {
  it.each<readonly [string, ConvolutionCase]>([
    ['even sizes', { ...dense, input: [16, 4, 6] }],
    ['odd sizes', { ...dense, input: [16, 5, 3] }],
    ['a stride along one axis', { ...dense, input: [16, 4, 3], strides: [1, 2] }],
    ['a stride of 3', { ...dense, input: [16, 7, 5], strides: [3, 3] }],
    ['padding on one side', { ...dense, input: [16, 5, 6], pads: [0, 1, 1, 0] }],
    ['a kernel of 4', { ...dense, kernel: [16, 16, 4, 4], input: [16, 6, 4] }],
    ['as many taps as strides', { ...dense, kernel: [16, 16, 2, 2], input: [16, 4, 4], pads: [0, 0, 0, 0] }],
    ['windows that miss the end', { ...dense, input: [16, 6, 6], pads: [0, 0, 0, 0] }],
  ])('is the definition of the gradient, phase by phase: %s', (_, given) => {
    const graph = lowered(gradientOf(given));
    verify(graph);
    expect(operators(graph)).not.toContain('ConvTranspose');
    const x = numArray('float32', [1, ...given.input], new Float64Array(count(given.input)));
    const { data } = interpret(graph, { x }).gradient;
    for (const [i, expected] of adjoint(given).entries()) expect(data[i]).toBeCloseTo(expected, 9);
  });

  it.each<readonly [string, ConvolutionCase]>([
    ['channels that fill no block', { ...dense, kernel: [16, 8, 3, 3], input: [8, 4, 4] }],
    ['an unknown size', { ...dense, input: [16, 4, 4], open: [0] }],
    ['no stride', { ...dense, input: [16, 4, 4], strides: [1, 1] }],
    ['phases without taps', { ...dense, kernel: [16, 16, 1, 1], input: [16, 4, 4], pads: [0, 0, 0, 0] }],
    ['a depthwise kernel', { ...dense, kernel: [16, 1, 3, 3], input: [16, 4, 4], group: 16 }],
    ['groups', { ...dense, kernel: [32, 16, 3, 3], input: [32, 3, 3], group: 2 }],
  ])('stays for %s', (_, given) => {
    expect(operators(lowered(gradientOf(given)))).toContain('ConvTranspose');
  });
});

interface Network {
  /** Of the image; default: 8. */
  readonly channels?: number;
  /** Spatial size of the image. */
  readonly size: readonly [number | string, number | string];
  readonly nodes: readonly Node[];
  /** Dims of the kernels by name. */
  readonly kernels: Readonly<Record<string, readonly number[]>>;
}

/** The gradient of the sum of y by x. */
function gradientOfNetwork({ channels = 8, size, nodes, kernels }: Network): Graph {
  const constants = Object.entries(kernels).map(([name, dims]) => [name, wobbles(name, dims)]);
  const graph = graphOf({
    inputs: [value('x', ['N', channels, ...size])],
    outputs: [value('s', ['N'])],
    constants: {
      ...Object.fromEntries(constants),
      zero: float32([], [0]),
      six: float32([], [0.75]),
      axes: { dtype: 'int64', dims: [3], data: BigInt64Array.of(1n, 2n, 3n) },
    },
    nodes: [...nodes, node('s = ReduceSum(y, axes)', { keepdims: attr.int(0) })],
  });
  return grad(graph, { keep: [] });
}

const strided = (text: string, group = 1): Node =>
  node(text, { strides: attr.ints([2, 2]), pads: attr.ints([1, 1, 1, 1]), group: attr.int(group) });
const skipping = (text: string): Node => node(text, { strides: attr.ints([2, 2]) });

function expectSame(plain: Graph, [height, width]: readonly number[]): Graph {
  const graph = lowered(plain);
  verify(graph);
  const dims = [2, 8, height, width];
  const x = numArray('float32', dims, Float64Array.from(wobbles('x', dims).data as Float32Array));
  const [expected, got] = [plain, graph].map((each) => interpret(each, { x }).gradient);
  expect(got.dims).toEqual(expected.dims);
  expect(expected.data.some((each) => each !== 0)).toBe(true);
  expected.data.forEach((each, i) => {
    expect(got.data[i]).toBeCloseTo(each, 9);
  });
  return graph;
}

const residual: Network = {
  size: [5, 4],
  kernels: { k: [16, 8, 3, 3], a: [16, 16, 3, 3], b: [16, 16, 1, 1] },
  nodes: [
    node('u = Conv(x, k)', { pads: attr.ints([1, 1, 1, 1]) }),
    node('r = Relu(u)'),
    strided('v = Conv(r, a)'),
    skipping('w = Conv(r, b)'),
    node('y = Add(v, w)'),
  ],
};

/** Two strided branches after rectifiers of their own. */
const masked: Network = {
  ...residual,
  kernels: { k: [16, 8, 3, 3], a: [16, 16, 3, 3], c: [16, 16, 3, 3] },
  nodes: [
    node('u = Conv(x, k)', { pads: attr.ints([1, 1, 1, 1]) }),
    node('r = Relu(u)'),
    node('q = Clip(u, zero, six)'),
    strided('v = Conv(r, a)'),
    strided('w = Conv(q, c)'),
    node('y = Add(v, w)'),
  ],
};

const inverted = (rectifier: string, group = 16): Network => ({
  size: [5, 6],
  kernels: { k: [16, 8, 1, 1], d: [16, 1, 3, 3], last: [16, 16, 1, 1] },
  nodes: [
    node('u = Conv(x, k)'),
    node(rectifier),
    strided('v = Conv(r, d)', group),
    node('w = Relu(v)'),
    node('y = Conv(w, last)'),
  ],
});

describe('gradients of strided blocks', () => {
  it('add the branches of a residual block phase by phase', () => {
    const plain = gradientOfNetwork(residual);
    const graph = expectSame(plain, [5, 4]);
    const numberOf = (op: string, { nodes }: Graph) => nodes.filter((each) => each.op === op).length;
    expect([numberOf('ConvTranspose', plain), numberOf('ConvTranspose', graph)]).toEqual([3, 1]);
    // Only one of the four phases has two terms.
    expect(numberOf('Add', graph)).toBe(numberOf('Add', plain));
  });

  it.each(['r = Relu(u)', 'r = Clip(u, zero, six)'])(
    'compute the mask of an inverted residual block and its pointwise convolution on the phases: %s',
    (rectifier) => {
      const graph = expectSame(gradientOfNetwork(inverted(rectifier)), [5, 6]);
      const { nodes } = graph;
      expect(nodes.filter(({ op }) => op === 'ConvTranspose')).toHaveLength(1);
      expect(nodes.filter(({ op }) => op === 'Mul')).toHaveLength(1 + 4);
    },
  );

  it('put a sum of masked branches together after the masks, without negative padding', () => {
    const graph = expectSame(gradientOfNetwork(masked), [5, 4]);
    const pads = graph.nodes.flatMap(({ attributes: { pads } }) =>
      pads?.kind === 'ints' ? pads.value.map(Number) : [],
    );
    expect(Math.min(...pads)).toBeGreaterThanOrEqual(0);
    expect(graph.nodes.filter(({ op }) => op === 'ConvTranspose')).toHaveLength(1);
  });

  it('keep a depthwise one on a small image', () => {
    const small = prune(stridedAdjoints(gradientOfNetwork(inverted('r = Relu(u)'))));
    expect(small.nodes.filter(({ op }) => op === 'ConvTranspose')).toHaveLength(3);
    const large = { ...inverted('r = Relu(u)'), size: [28, 28] as const };
    const phased = prune(stridedAdjoints(gradientOfNetwork(large)));
    expect(phased.nodes.filter(({ op }) => op === 'ConvTranspose')).toHaveLength(1);
  });

  it.each<readonly [string, Partial<Network>]>([
    [
      'the pointwise convolution does not have half the channels',
      {
        kernels: { k: [48, 32, 1, 1], d: [48, 1, 3, 3], last: [16, 48, 1, 1] },
        channels: 32,
        nodes: inverted('r = Relu(u)', 48).nodes,
      },
    ],
    ['the sizes are not known', { size: ['H', 6] }],
    [
      'something else reads the rectifier',
      {
        nodes: [
          ...inverted('r = Relu(u)').nodes.slice(0, -1),
          node('z = Conv(w, last)'),
          node('p = ReduceMean(r)'),
          node('y = Add(z, p)'),
        ],
      },
    ],
  ])('stay as they are where %s', (_, change) => {
    const base = inverted('r = Relu(u)');
    const depthwise = lowered(gradientOfNetwork({ ...base, ...change })).nodes.filter(
      ({ op, attributes }) => op === 'ConvTranspose' && Number(attributes.group?.value ?? 1) > 1,
    );
    expect(depthwise).toHaveLength(1);
  });
});
