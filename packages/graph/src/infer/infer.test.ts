import { describe, expect, it } from 'vitest';
import { codeOf, graphOf, int64, node, value } from '../../test/graphs.js';
import { attr } from '../builder/builder.js';
import { constantFrom } from '../ir/constant.js';
import type { Dims, Graph, Node } from '../ir/types.js';
import { infer } from './infer.js';

/** Dims of y in a graph of one float input x. */
function dimsOfY(
  dims: Dims,
  nodes: readonly Node[],
  constants: Record<string, ReturnType<typeof int64>> = {},
): Dims | undefined {
  const graph = graphOf({ inputs: [value('x', dims)], outputs: [value('y', undefined)], nodes, constants });
  return infer(graph).get('y')?.dims;
}

const axis = (at: number) => ({ axis: attr.int(at) });

describe('shape arithmetic', () => {
  it('follows the batch size through the flattening that PyTorch exports', () => {
    const nodes = [
      node('s = Shape(x)'), node('n = Gather(s, zero)', axis(0)), node('n1 = Unsqueeze(n, zeros)'),
      node('t = Concat(n1, rest)', axis(0)), node('y = Reshape(x, t)'),
    ]; // biome-ignore format: two lines of one idea
    const constants = { zero: int64([0], []), zeros: int64([0]), rest: int64([-1]) };
    expect(dimsOfY(['N', 3, 4, 5], nodes, constants)).toEqual(['N', 60]);
    expect(dimsOfY(['N', 'C', 4, 5], nodes, constants)).toEqual(['N', '20*C']);
  });

  it('splits heads and joins them again to the same symbol', () => {
    const nodes = [
      node('h = Reshape(x, heads)'), node('p = Transpose(h)', { perm: attr.ints([0, 2, 1, 3]) }),
      node('m = MatMul(p, q)'), node('q = Transpose(p)', { perm: attr.ints([0, 1, 3, 2]) }),
    ]; // biome-ignore format: two lines of one idea
    const ordered = [nodes[0], nodes[1], nodes[3], nodes[2], node('y = Softmax(m)', axis(-1))];
    expect(dimsOfY(['N', 'L', 64], ordered, { heads: int64([0, 0, 4, 16]) })).toEqual(['N', 4, 'L', 'L']);
  });

  it('gives branches of a network with strides one string for equal sizes', () => {
    const conv = (text: string, kernel: number) =>
      node(text, {
        kernel_shape: attr.ints([kernel, kernel]),
        strides: attr.ints([2, 2]),
        pads: attr.ints(new Array(4).fill((kernel - 1) / 2)),
      });
    const weights = (k: number) => constantFrom('float32', [8, 3, k, k], new Array(24 * k * k).fill(0));
    const graph = graphOf({
      inputs: [value('x', ['N', 3, 'H', 'W'])],
      outputs: [value('y', undefined)],
      nodes: [conv('a = Conv(x, w3)', 3), conv('b = Conv(x, w5)', 5), node('y = Add(a, b)')],
      constants: { w3: weights(3), w5: weights(5) },
    });
    expect(infer(graph).get('y')?.dims).toEqual(['N', 8, 'floor((H+1)/2)', 'floor((W+1)/2)']);
  });

  it('adds and subtracts what Slice, Pad and Concat take and give', () => {
    const nodes = [
      node('a = Slice(x, one, end, ax)'), node('b = Slice(x, zero, minus, ax)'), node('y = Concat(a, b, x)', axis(1)),
    ]; // biome-ignore format: one idea
    const constants = {
      one: int64([1]),
      zero: int64([0]),
      end: int64([2 ** 31 - 1]),
      minus: int64([-2]),
      ax: int64([1]),
    };
    expect(dimsOfY(['N', 'L'], nodes, constants)).toEqual(['N', '3*L-3']);
  });

  it('decides the Where of an Expand target that torch writes', () => {
    const nodes = [
      node('s = Shape(x)'), node('n = Slice(s, zero, one)'), node('t = Concat(n, tail)', axis(0)),
      node('c = Equal(t, none)'), node('w = Where(c, ones, t)'), node('y = Expand(token, w)'),
    ]; // biome-ignore format: one idea
    const constants = {
      zero: int64([0]), one: int64([1]), tail: int64([-1, 4]), none: int64([-1, -1, -1]), ones: int64([1, 1, 1]),
      token: constantFrom('float32', [1, 1, 4], [1, 2, 3, 4]),
    }; // biome-ignore format: one idea
    expect(dimsOfY(['N', 7], nodes, constants)).toEqual(['N', 1, 4]);
    expect(dimsOfY(['4*N', 7], nodes, constants)).toEqual(['4*N', 1, 4]);
    expect(dimsOfY(['2*L+N', 7], nodes, constants)).toEqual(['2*L+N', 1, 4]);
  });
});

describe('what cannot be known', () => {
  it('is a fresh symbol, unlike every other', () => {
    const types = infer(
      graphOf({
        inputs: [value('x', ['?4'])],
        outputs: [],
        nodes: [node('a = NonZero(x)'), node('b = NonZero(x)')],
      }),
    );
    expect(types.get('a')?.dims).toEqual([1, '?5']);
    expect(types.get('b')?.dims).toEqual([1, '?6']);
  });

  it('is not taken from what the file declares, but for the number type and sizes behind the first axis', () => {
    const graph: Graph = {
      ...graphOf({
        inputs: [value('x', ['N', 3])],
        outputs: [value('z', ['M', 7])],
        nodes: [node('y = Relu(x)'), node('z = my:Op(y)'), node('s = Shape(z)'), node('w = Reshape(y, t)')],
      }),
      declared: new Map([
        ['y', { dtype: 'float32', dims: [1, 3] }],
        ['w', { dtype: 'float32', dims: ['N', 'N', 'K', 5, 2] }],
      ]),
    };
    const types = infer({
      ...graph,
      inputs: [...graph.inputs, { name: 't', dtype: 'int64', dims: [5] }],
    });
    expect(types.get('y')?.dims).toEqual(['N', 3]);
    expect(types.get('z')).toEqual({ dtype: 'float32', dims: undefined });
    expect(types.get('w')?.dims).toEqual([
      expect.stringMatching(/^\?/),
      expect.stringMatching(/^\?/),
      'K',
      5,
      2,
    ]);
  });

  it('is taken from what a run showed, where nothing follows from the graph', () => {
    const graph: Graph = {
      ...graphOf({
        inputs: [value('x', ['N', 3])],
        outputs: [],
        nodes: [node('y = Relu(x)'), node('z = my:Op(y)')],
      }),
      observed: new Map([
        ['y', { dtype: 'float32', dims: [1] }],
        ['z', { dtype: 'float32', dims: ['N', 7] }],
      ]),
    };
    expect(infer(graph).get('y')?.dims).toEqual(['N', 3]);
    expect(infer(graph).get('z')?.dims).toEqual(['N', 7]);
  });

  it('leaves values of foreign operators out when nothing declares them', () => {
    const nodes = [node('a = my:Op(x)'), node('y = Relu(a)')];
    const types = infer(graphOf({ inputs: [value('x', [2])], outputs: [], nodes }));
    expect(types.has('a')).toBe(false);
    expect(types.has('y')).toBe(false);
  });

  it('joins the branches of an If and steadies the values of a Loop', () => {
    const branch = (text: string): Graph =>
      graphOf({ outputs: [value(text.split(' ')[0], undefined)], nodes: [node(text)] });
    const body = graphOf({
      inputs: [
        value('i', [], 'int64'),
        value('go', [], 'bool'),
        value('h', undefined),
        value('g', undefined),
      ],
      outputs: [
        value('go2', [], 'bool'),
        value('h2', undefined),
        value('g2', undefined),
        value('h2', undefined),
      ],
      nodes: [node('go2 = Identity(go)'), node('h2 = Tanh(h)'), node('g2 = Concat(g, g)', axis(0))],
    });
    const graph = graphOf({
      inputs: [value('x', ['N', 3]), value('c', [], 'bool')],
      outputs: [],
      nodes: [
        node('a = If(c)', {
          then_branch: { kind: 'graph', value: branch('t = Relu(x)') },
          else_branch: { kind: 'graph', value: branch('e = Transpose(x)') },
        }),
        node('p, q, r = Loop(, c, x, x)', { body: { kind: 'graph', value: body } }),
      ],
    });
    const types = infer(graph);
    expect(types.get('a')?.dims?.map((dim) => String(dim)[0])).toEqual(['?', '?']);
    expect(types.get('p')?.dims).toEqual(['N', 3]);
    expect(types.get('q')?.dims?.[0]).toMatch(/^\?/);
    expect(types.get('r')?.dims?.slice(1)).toEqual(['N', 3]);
  });
});

describe('contradictions', () => {
  const mismatch = (
    dims: Dims,
    text: string,
    constants: Record<string, ReturnType<typeof int64>> = {},
    attributes = {},
  ) => codeOf(() => dimsOfY(dims, [node(text, attributes)], constants));

  const zeros = (...dims: readonly number[]) =>
    constantFrom('float32', dims, new Array(dims.reduce((a, b) => a * b, 1)).fill(0));
  const recurrence = (op: string, rows: number, state: readonly number[] = [1, 1, 2]) =>
    mismatch(
      [5, 1, 3],
      `y = ${op}(x, w, r, , , h)`,
      { w: zeros(1, rows, 3), r: zeros(1, rows, 2), h: zeros(...state) },
      { hidden_size: attr.int(2) },
    );

  it.each([
    [
      'a product of sizes 3 and 4',
      () => mismatch([2, 3], 'y = MatMul(x, w)', { w: constantFrom('float32', [4, 1], [1, 2, 3, 4]) }),
    ],
    [
      'a sum of sizes 3 and 4',
      () => mismatch([2, 3], 'y = Add(x, w)', { w: constantFrom('float32', [4], [1, 2, 3, 4]) }),
    ],
    ['6 elements in 4', () => mismatch([2, 3], 'y = Reshape(x, w)', { w: int64([2, 2]) })],
    ['7 elements in rows of 2', () => mismatch([7], 'y = Reshape(x, w)', { w: int64([-1, 2]) })],
    ['squeezing an axis of size 3', () => mismatch([2, 3], 'y = Squeeze(x, w)', { w: int64([1]) })],
    ['axis 2 of a matrix', () => mismatch([2, 3], 'y = Softmax(x)', {}, { axis: attr.int(2) })],
    [
      'a kernel larger than the image',
      () => mismatch([1, 1, 2, 2], 'y = MaxPool(x)', {}, { kernel_shape: attr.ints([3, 3]) }),
    ],
    [
      'a permutation of 3 axes of a matrix',
      () => mismatch([2, 3], 'y = Transpose(x)', {}, { perm: attr.ints([0, 1, 2]) }),
    ],
    ['weights of 4 gates in a GRU', () => recurrence('GRU', 8)],
    ['a state of 3 numbers in an LSTM of 2', () => recurrence('LSTM', 8, [1, 1, 3])],
    ['a state of two axes', () => recurrence('LSTM', 8, [1, 2])],
  ])('are errors: %s', (_, run) => {
    expect(run()).toBe('shape-mismatch');
  });

  it.each([
    ['GRU', 6],
    ['LSTM', 8],
    ['RNN', 2],
  ])('do not include an %s with the weights of its gates', (op, rows) => {
    expect(recurrence(op, rows)).toBe('none');
  });

  it('name the node, the operator and the dims of the inputs', () => {
    const graph = () =>
      dimsOfY(['N', 3], [{ ...node('y = MatMul(x, w)'), name: 'head' }], {
        w: constantFrom('float32', [4, 1], [1, 2, 3, 4]),
      });
    expect(graph).toThrow(/MatMul.*"head".*x \[N, 3\], w \[4, 1\]/);
  });

  it('of dtype are type-mismatch', () => {
    expect(mismatch([2], 'y = Add(x, w)', { w: int64([1, 2]) })).toBe('type-mismatch');
  });
});

it('infers a graph once, however often its types are asked for', () => {
  const { nodes, ...rest } = graphOf({
    inputs: [value('x', ['N', 3])],
    outputs: [value('y', undefined)],
    nodes: [node('h = Relu(x)'), node('y = Neg(h)')],
  });
  let readings = 0;
  const graph: Graph = {
    ...rest,
    get nodes() {
      readings++;
      return nodes;
    },
  };
  const types = infer(graph);
  const once = readings;
  for (let i = 0; i < 100; i++) expect(infer(graph)).toBe(types);
  expect(once).toBeGreaterThan(0);
  expect(readings).toBe(once);
});
