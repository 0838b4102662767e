import { describe, expect, it } from 'vitest';
import { float32, graphOf, int64, node, value } from '../../test/graphs.js';
import { builderOf } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import { isOp } from '../ir/ops.js';
import type { Graph } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { VERSION } from '../ir/version.js';
import { coverage } from './coverage.js';
import { grad } from './grad.js';
import { refused } from './rules/rule.js';
import { tables } from './tables/index.js';

const row = numArray('float32', [1, 2], [3, -2]);
const rows = numArray('float32', [2, 2], [3, -2, 1, 5]);

/** Two layers: x [N, 2] -> logits [N, 3]. */
const network = graphOf({
  inputs: [value('x', ['N', 2])],
  outputs: [value('logits', ['N', 3])],
  constants: {
    w: float32([2, 3], [1, 2, 3, 4, 5, 6]),
    bias: float32([3], [0.5, -0.5, 0.25]),
  },
  nodes: [node('h = MatMul(x, w)'), node('z = Add(h, bias)'), node('logits = Tanh(z)')],
});

const numbers = (graph: Graph, feeds: Parameters<typeof interpret>[1], name = 'gradient'): number[] =>
  Array.from(interpret(graph, feeds)[name].data);

const target = (...classes: readonly number[]) => numArray('int64', [classes.length], classes);

const codeOf = (run: () => unknown): unknown => {
  try {
    return run() && 'none';
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
};

describe('grad', () => {
  it('takes the original inputs and a target, and returns the output and the gradient with the shape of the input', () => {
    const graph = grad(network);
    expect(graph.inputs.map(({ name, dtype }) => [name, dtype])).toEqual([
      ['x', 'float32'],
      ['target', 'int64'],
    ]);
    expect(graph.outputs.map(({ name, dims }) => [name, dims])).toEqual([
      ['logits', ['N', 3]],
      ['gradient', ['N', 2]],
    ]);
    verify(graph);
  });

  it('declares outputs with the dims that their nodes give, whatever the file says', () => {
    const graph = grad({ ...network, outputs: [value('logits', ['M', 2])] });
    expect(graph.outputs.map(({ name, dims }) => [name, dims])).toEqual([
      ['logits', ['N', 3]],
      ['gradient', ['N', 2]],
    ]);
  });

  it('declares the values whose sizes are symbolic, which a Reshape by a constant would hide', () => {
    const flat = graphOf({
      inputs: [value('x', ['N', 2, 3])],
      outputs: [value('y', undefined)],
      constants: { shape: int64([-1, 6]) },
      nodes: [node('r = Reshape(x, shape)'), node('y = Tanh(r)')],
    });
    const { declared, nodes } = grad(flat);
    expect(nodes.flatMap(({ outputs }) => outputs)).toEqual(expect.arrayContaining([...declared.keys()]));
    expect(declared.get('r')).toEqual({ dtype: 'float32', dims: ['N', 6] });
  });

  it('gives every row the gradient of its own target', () => {
    const graph = grad(network);
    const both = numbers(graph, { x: rows, target: target(2, 0) });
    const slope = (z: number): number => 1 - Math.tanh(z) ** 2;
    const [first, second] = [slope(3 * 3 - 2 * 6 + 0.25), slope(1 + 5 * 4 + 0.5)];
    const expected = [3 * first, 6 * first, second, 4 * second];
    both.forEach((x, i) => {
      expect(x).toBeCloseTo(expected[i], 12);
    });
  });

  it('needs no target where there is one number a row, or one in all', () => {
    const b = builderOf(network);
    const perRow = b.emit('ReduceSum', ['logits', b.ints([1])], { keepdims: attr.int(0) });
    const graph = grad(b.build([{ name: perRow, ...b.type(perRow) }]));
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x']);
    const all = b.emit('ReduceSum', [perRow], { keepdims: attr.int(0) });
    const total = grad(b.build([{ name: all, ...b.type(all) }]));
    expect(numbers(total, { x: rows })).toEqual(numbers(graph, { x: rows }));
  });

  it('refuses a second derivative by a constant that the first one was not taken by: what follows from it was computed', () => {
    const first = grad(network, { wrt: 'x' });
    const again = { of: 'gradient', wrt: 'w' };
    expect(codeOf(() => grad(first, again))).toBe('not-applicable');
    const both = grad(network, { wrt: ['x', 'w'] });
    expect(codeOf(() => grad(both, { ...again, of: 'gradient/x' }))).toBe('none');
  });

  it('differentiates by constants, summed over the batch, even where they would have been folded away', () => {
    const nodes = [node('v = Transpose(w)', { perm: attr.ints([1, 0]) }), node('y = MatMul(x, v)')];
    const constants = { w: float32([1, 2], [1, 2]) };
    const folded = graphOf({
      inputs: [value('x', ['N', 2])],
      outputs: [value('y', ['N', 1])],
      nodes,
      constants,
    });
    const graph = grad(folded, { wrt: 'w' });
    expect(graph.inputs.map(({ name }) => name)).toEqual(['x', 'target']);
    expect(numbers(graph, { x: rows, target: target(0, 0) })).toEqual([4, 3]);
  });

  it('differentiates by inner tensors and by several values at once', () => {
    const graph = grad(network, { wrt: ['h', 'bias', 'x'] });
    const result = interpret(graph, { x: row, target: target(1) });
    expect(result['gradient/bias'].dims).toEqual([3]);
    expect(Array.from(result['gradient/h'].data)).toEqual(Array.from(result['gradient/bias'].data));
    expect(Array.from(result['gradient/x'].data)).toEqual(
      numbers(grad(network), { x: row, target: target(1) }),
    );
  });

  it('sums what broadcasting spread, also when only the run shows which axes those are', () => {
    const sum = (dims: readonly string[]) =>
      graphOf({
        inputs: [value('x', dims), value('y', ['A', 'B'])],
        outputs: [value('s', [])],
        nodes: [node('p = Mul(x, y)'), node('s = ReduceSum(p)', { keepdims: attr.int(0) })],
      });
    const graph = grad(sum(['M', 'K']), { wrt: 'x' });
    const wide = numArray('float32', [2, 3], [1, 2, 3, 4, 5, 6]);
    const by = (...dims: readonly number[]): number[] =>
      numbers(graph, { x: numArray('float32', dims, new Array(dims[0] * dims[1]).fill(1)), y: wide });
    expect(by(2, 3)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(by(1, 3)).toEqual([5, 7, 9]);
    expect(by(2, 1)).toEqual([6, 15]);
    expect(by(1, 1)).toEqual([21]);
  });

  it('adds the cotangents of a value that is used twice', () => {
    const square = graphOf({
      inputs: [value('x', [2])],
      outputs: [value('y', [2])],
      nodes: [node('p = Mul(x, x)'), node('y = Add(p, x)')],
    });
    expect(numbers(grad(square), { x: numArray('float32', [2], [3, -1]) })).toEqual([7, -1]);
  });

  it('can be applied to its own result: the Hessian of a cubic', () => {
    const cubic = graphOf({
      inputs: [value('x', [2])],
      outputs: [value('y', [2])],
      nodes: [node('p = Mul(x, x)'), node('y = Mul(p, x)')],
    });
    const once = grad(cubic);
    const twice = grad({ ...once, outputs: once.outputs.slice(-1) });
    const thrice = grad({ ...twice, outputs: twice.outputs.slice(-1) });
    const x = numArray('float32', [2], [3, -1]);
    const names = [twice, thrice].map((graph) => graph.outputs[graph.outputs.length - 1].name);
    expect(numbers(twice, { x }, names[0])).toEqual([18, -6]);
    expect(numbers(thrice, { x }, names[1])).toEqual([6, 6]);
    expect(thrice.nodes.every(({ op, domain }) => isOp(op, domain))).toBe(true);
  });

  it('numbers its names where the model has them already', () => {
    const taken = graphOf({
      inputs: [value('target', ['N', 2])],
      outputs: [value('gradient', ['N', 2])],
      nodes: [node('gradient = Exp(target)')],
    });
    const graph = grad(taken);
    verify(graph);
    expect(graph.inputs).toHaveLength(2);
    expect(new Set(graph.outputs.map(({ name }) => name)).size).toBe(2);
    expect(graph.outputs[0].name).toBe('gradient');
  });

  it('keeps the outputs that are asked for and what is known of the model', () => {
    const graph = grad({ ...network, metadata: { 'onnxplain.source': 'abc' } }, { keep: ['score'] });
    expect(graph.outputs.map(({ name }) => name)).toEqual(['score', 'gradient']);
    expect(graph.metadata).toEqual({
      'onnxplain.source': 'abc',
      'onnxplain.version': VERSION,
      'onnxplain.rules': 'gradient',
      'onnxplain.of': 'logits',
      'onnxplain.wrt': 'x',
      'onnxplain.target': 'target',
    });
  });

  it('computes no forward value twice', () => {
    const graph = grad(network);
    expect(graph.nodes.filter(({ op }) => op === 'Tanh')).toHaveLength(1);
    const keys = graph.nodes.map(({ op, inputs, attributes }) => JSON.stringify([op, inputs, attributes]));
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('gives zeros where every way is flat', () => {
    const flat = graphOf({
      inputs: [value('x', ['N', 2])],
      outputs: [value('y', ['N', 2])],
      nodes: [node('y = Floor(x)')],
    });
    expect(numbers(grad(flat), { x: row, target: target(0) })).toEqual([0, 0]);
  });
});

describe('what cannot be differentiated', () => {
  const refusing = { ...tables.gradient, Erf: refused('it is tired', 'Let it rest.') };
  const tired = graphOf({
    inputs: [value('x', ['N', 2])],
    outputs: [value('y', ['N', 2])],
    nodes: [node('h = Exp(x)'), node('y = Erf(h)')],
  });
  const foreign = graphOf({
    inputs: [value('x', ['N', 2])],
    outputs: [value('y', ['N', 2])],
    opsets: { '': 18, 'com.example': 3 },
    nodes: [node('h = Exp(x)'), node('y = com.example:Magic(h)')],
  });

  it('is refused with the node, the operator, the opset and what to do', () => {
    const refuse = () => grad(tired, { table: refusing });
    expect(codeOf(refuse)).toBe('op-no-gradient');
    expect(refuse).toThrow(/Erf node.*opset 18.*tired.*rest/s);
    expect(codeOf(() => grad(foreign))).toBe('op-unknown');
    expect(() => grad(foreign)).toThrow(
      /com\.example:Magic.*com\.example opset 3.*cut.*difference\(score\)/s,
    );
  });

  it('is refused in a model saved in the layout of the kernels of one processor, with another way out', () => {
    const layout = graphOf({
      inputs: [value('x', ['N', 3])],
      outputs: [value('y', ['N', 3])],
      nodes: [node('y = com.microsoft.nchwc:ReorderInput(x)')],
    });
    expect(() => grad(layout)).toThrow(/ReorderInput.*before ONNX Runtime optimised it.*ORT_ENABLE_EXTENDED/);
  });

  it('is listed beforehand by coverage, with what stands around it', () => {
    const status = (graph: Graph) => coverage(graph, { table: refusing }).map((one) => [one.op, one.status]);
    expect(status(tired)).toEqual([
      ['Exp', 'rule'],
      ['Erf', 'refused'],
    ]);
    expect(status(foreign)).toEqual([
      ['Exp', 'rule'],
      ['Magic', 'unknown'],
    ]);
    expect(coverage(tired, { table: refusing })[1]).toMatchObject({
      why: 'it is tired',
      remedy: 'Let it rest.',
    });
  });

  it('does not matter beside the way', () => {
    const beside = { ...foreign, outputs: [value('h', ['N', 2])] };
    expect(numbers(grad(beside), { x: row, target: target(0) })).toEqual([Math.exp(3), 0]);
  });

  it('does not matter behind a step', () => {
    const argmax = [node('i = ArgMax(y)', { axis: attr.int(1) }), node('f = Cast(i)', { to: attr.int(1) })];
    const graph = { ...foreign, nodes: [...foreign.nodes, ...argmax], outputs: [value('f', ['N', 1])] };
    const found = coverage({ ...graph, declared: new Map([['y', { dtype: 'float32', dims: ['N', 2] }]]) });
    expect(found.map(({ op, status }) => [op, status])).toEqual([['ArgMax', 'zero']]);
  });

  it.each([
    [
      'an integer input',
      graphOf({ inputs: [value('i', [2], 'int64')], outputs: network.outputs }),
      { wrt: 'i' },
    ],
  ])('%s is refused', (_, graph, ask) => {
    const nodes = [node('logits = Cast(i)', { to: attr.int(1) })];
    expect(codeOf(() => grad({ ...graph, nodes, outputs: [value('logits', [2])] }, ask))).toBe(
      'type-mismatch',
    );
  });

  it('includes questions that are not clear', () => {
    expect(codeOf(() => grad(network, { of: 'nothing' }))).toBe('value-unknown');
    expect(codeOf(() => grad(network, { wrt: 'nothing' }))).toBe('value-unknown');
    const two = { ...network, outputs: [...network.outputs, value('z', ['N', 3])] };
    expect(codeOf(() => grad(two))).toBe('output-unclear');
    const apart = { ...network, inputs: [...network.inputs, value('other', [1])] };
    expect(codeOf(() => grad(apart))).toBe('value-unknown');
    expect(codeOf(() => grad(apart, { wrt: 'other' }))).toBe('no-gradient');
  });
});

describe('rule tables', () => {
  const steps = graphOf({
    inputs: [value('x', [4])],
    outputs: [value('y', [])],
    constants: { c: float32([4], [1, -1, 1, -1]), s: int64([0]) },
    nodes: [
      node('h = Relu(x)'),
      node('p = Mul(h, c)'),
      node('y = ReduceSum(p, s)', { keepdims: attr.int(0) }),
    ],
  });
  const x = numArray('float32', [4], [2, 2, -2, -2]);
  it.each([
    ['gradient', [1, -1, 0, 0]],
    ['guided', [1, 0, 0, 0]],
    ['deconv', [1, 0, 1, 0]],
  ] as const)('%s sends back %j', (name, expected) => {
    const got = numbers(grad(steps, { rules: name }), { x });
    expect(got.map((g) => g + 0)).toEqual(expected);
  });
});

it('an output that was regrouped to one axis has a target for each row, not the sum of its numbers', () => {
  const line = (nodes: Graph['nodes']) =>
    graphOf({
      inputs: [value('x', ['N', 2])],
      outputs: [value('y', undefined)],
      constants: { all: int64([-1]) },
      nodes,
    });
  const squares = grad(line([node('square = Mul(x, x)'), node('y = Reshape(square, all)')]));
  const target = numArray('int64', [2], [0, 1]);
  expect(numbers(squares, { x: rows, target }).map((slope) => slope + 0)).toEqual([6, 0, 0, 10]);
  const doubled = line([
    node('twice = Concat(x, x)', { axis: attr.int(0) }),
    node('y = Reshape(twice, all)'),
  ]);
  expect(() => grad(doubled)).toThrow(/one row for each input/);
});

it('a gradient passes beside a part that has no elements', () => {
  const graph = graphOf({
    inputs: [value('x', [1, 5, 3])],
    outputs: [value('y', [])],
    nodes: [
      node('full, none = Split(x, sizes)', { axis: attr.int(-1) }),
      node('a = Gather(full, zero)'),
      node('b = Gather(none, zero)'),
      node('c = Concat(a, b)', { axis: attr.int(-1) }),
      node('s = Mul(c, c)'),
      node('y = ReduceSum(s, all)', { keepdims: attr.int(0) }),
    ],
    constants: { sizes: int64([3, 0]), zero: int64([0], []), all: int64([0, 1]) },
  });
  const x = Array.from({ length: 15 }, (_, i) => i - 7);
  const gradient = grad(graph);
  const found = interpret(gradient, { x: numArray('float32', [1, 5, 3], x) });
  expect([...found.gradient.data]).toEqual(x.map((v) => 2 * v));
});

describe('a gradient without the output', () => {
  const classifier = (last: string): Graph =>
    graphOf({
      inputs: [value('x', ['N', 3])],
      outputs: [value('logits', undefined)],
      nodes: [node('h = Gemm(x, w)'), node('a = Tanh(h)'), node(last)],
      constants: { w: float32([3, 3], [1, 2, 0, -1, 1, 3, 0, 1, 1]) },
    });

  it('does not compute the last layer, in which the output is linear, not even for its shape', () => {
    const forward = ({ nodes }: Graph) =>
      nodes.filter(({ inputs }) => inputs[0] === 'a' && inputs[1] === 'w');
    expect(forward(grad(classifier('logits = Gemm(a, w)')))).toHaveLength(1);
    expect(forward(grad(classifier('logits = Gemm(a, w)'), { keep: [] }))).toEqual([]);
  });

  it('is that of the graph with the output', () => {
    const x = numArray('float32', [2, 3], [1, -1, 0.5, 0.2, 0.1, -0.4]);
    const target = numArray('int64', [2], [2, 0]);
    for (const last of ['logits = Gemm(a, w)', 'logits = Softmax(a)']) {
      const [alone, both] = [{ keep: [] }, {}].map((options) => grad(classifier(last), options));
      expect(interpret(alone, { x, target })).toEqual({ gradient: interpret(both, { x, target }).gradient });
    }
  });
});

it('a gradient graph takes the outputs of LayerNormalization from what its derivative needs, and the operator in half precision', () => {
  const normalised = (dtype: 'float32' | 'float16'): Graph =>
    graphOf({
      inputs: [value('x', ['N', 4], dtype), value('scale', [4], dtype), value('bias', [4], dtype)],
      outputs: [value('y', undefined, dtype)],
      nodes: [node('y, mean, r = LayerNormalization(x, scale, bias)', { epsilon: attr.float(0.125) })],
    });
  const all = { ...normalised('float32'), outputs: ['y', 'mean', 'r'].map((name) => value(name, undefined)) };
  const gradient = grad(all, { of: 'y', wrt: 'x', keep: ['y', 'mean', 'r'] });
  const has = ({ nodes }: Graph) => nodes.some(({ op }) => op === 'LayerNormalization');
  expect([gradient, grad(normalised('float16'), { of: 'y', wrt: 'x' })].map(has)).toEqual([false, true]);
  const feeds = {
    x: numArray('float32', [2, 4], [1, 2, 4, -3, 0, 0, 0, 0]),
    scale: numArray('float32', [4], [1, -2, 0.5, 3]),
    bias: numArray('float32', [4], [0.1, 0.2, 0.3, 0.4]),
  };
  const [got, expected] = [
    interpret(gradient, { ...feeds, target: numArray('int64', [2], [0, 1]) }),
    interpret(all, feeds),
  ];
  for (const name of ['y', 'mean', 'r'])
    got[name].data.forEach((each, i) => {
      expect(each, name).toBeCloseTo(Number(expected[name].data[i]), 12);
    });
});
