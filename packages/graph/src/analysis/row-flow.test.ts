import { describe, expect, test } from 'vitest';
import { float32, graphOf, int64, node, value } from '../../test/graphs.js';
import type { Attribute, Constant, Dims, Node } from '../ir/types.js';
import { rowFlow } from './row-flow.js';

const int = (number: number): Attribute => ({ kind: 'int', value: number });
const ints = (...numbers: readonly number[]): Attribute => ({ kind: 'ints', value: numbers });

interface Given {
  readonly x?: Dims;
  readonly y?: Dims;
  readonly inputs?: readonly ReturnType<typeof value>[];
  readonly nodes: readonly Node[];
  readonly constants?: Readonly<Record<string, Constant>>;
}

const flowOf = ({ x = ['N', 4], y = ['N', 4], inputs = [], nodes, constants = {} }: Given, symbol = 'N') =>
  rowFlow(
    graphOf({ inputs: [value('x', x), ...inputs], outputs: [value('y', y)], nodes, constants }),
    symbol,
  );

describe('nodes that combine rows are found, and how', () => {
  const weights = { w: float32([4, 4], new Array(16).fill(1)) };
  test.each<readonly [string, Given, string]>([
    ['a mean over them', { nodes: [node('m = ReduceMean(x, a)'), node('y = Sub(x, m)')], constants: { a: int64([0]) } }, 'statistics'],
    ['a mean over everything', { nodes: [node('m = ReduceMean(x)'), node('y = Sub(x, m)')] }, 'statistics'],
    ['a softmax along them', { nodes: [node('y = Softmax(x)', { axis: int(0) })] }, 'statistics'],
    ['a cumulative sum along them', { nodes: [node('y = CumSum(x, a)')], constants: { a: int64([0], []) } }, 'sequence'],
    ['a product that sums over them', { nodes: [node('t = Transpose(x)', { perm: ints(1, 0) }), node('y = MatMul(t, x)')] }, 'contraction'],
    ['every row with every other', { nodes: [node('t = Transpose(x)', { perm: ints(1, 0) }), node('s = MatMul(x, t)'), node('p = Softmax(s)'), node('y = MatMul(p, x)')] }, 'pairs'],
    ['one of them picked', { y: [1, 4], nodes: [node('y = Gather(x, i)')], constants: { i: int64([0]) } }, 'selection'],
    ['one scale for all', { nodes: [node('q, s, z = DynamicQuantizeLinear(x)'), node('y = DequantizeLinear(q, s, z)')] }, 'statistics'],
    ['indices from another input', { inputs: [value('e', ['E'], 'int64')], nodes: [node('y = Gather(x, e)')] }, 'indexing'],
    ['training statistics', { x: ['N', 4, 2], y: ['N', 4, 2], nodes: [node('y = BatchNormalization(x, c, c, c, c)', { training_mode: int(1) })], constants: { c: float32([4], [1, 1, 1, 1]) } }, 'statistics'],
    ['a convolution along them', { x: [1, 4, 'N'], y: [1, 4, 'N'], nodes: [node('y = Conv(x, k)', { pads: ints(1, 1) })], constants: { k: float32([4, 4, 3], new Array(48).fill(1)) } }, 'sequence'],
    ['later nodes of a mixed value', { nodes: [node('m = CumSum(x, a)'), node('h = Relu(m)'), node('y = MatMul(h, w)')], constants: { a: int64([0], []), ...weights } }, 'sequence'],
  ])('%s', (_, given, kind) => {
    expect(flowOf(given).mixing('y')?.kind).toBe(kind);
  }); // biome-ignore format: one graph a line
});

describe('nodes that treat each row by itself are known to, and so is the axis of the rows', () => {
  const w = float32([4, 4], new Array(16).fill(1));
  test.each<readonly [string, Given, number]>([
    ['a dense layer', { nodes: [node('h = MatMul(x, w)'), node('y = Relu(h)')], constants: { w } }, 0],
    ['a mean over another axis', { y: ['N'], nodes: [node('y = ReduceMean(x, a)', { keepdims: int(0) })], constants: { a: int64([1]) } }, 0],
    ['a transpose', { y: [4, 'N'], nodes: [node('y = Transpose(x)', { perm: ints(1, 0) })] }, 1],
    ['heads merged into the batch and back', { x: ['N', 6, 4], y: ['N', 6, 4], nodes: [node('h = Reshape(x, s)'), node('p = Softmax(h)'), node('y = Reshape(p, t)')], constants: { s: int64([-1, 2, 4]), t: int64([-1, 6, 4]) } }, 0],
    ['a recurrent layer with time first', { x: [5, 'N', 4], y: [5, 1, 'N', 3], nodes: [node('y = LSTM(x, w, r)', { hidden_size: int(3) })], constants: { w: float32([1, 12, 4], new Array(48).fill(1)), r: float32([1, 12, 3], new Array(36).fill(1)) } }, 2],
    ['the size of another axis in the arithmetic', { x: ['N', 'T'], y: ['N', 'T'], nodes: [node('s = Shape(x)'), node('n = Gather(s, i)'), node('c = Cast(n)', { to: int(1) }), node('y = Div(x, c)')], constants: { i: int64([1], []) } }, 0],
    ['zeros for each row', { nodes: [node('s = Shape(x)'), node('z = ConstantOfShape(s)'), node('y = Add(x, z)')] }, 0],
    ['sizes alone of a mixed value', { nodes: [node('t = CumSum(x, a)'), node('s = Shape(t)'), node('z = Expand(b, s)'), node('y = Add(x, z)')], constants: { a: int64([0], []), b: float32([1, 1], [2]) } }, 0],
  ])('%s', (_, given, axis) => {
    const flow = flowOf(given);
    expect([flow.mixing('y'), flow.unknown('y'), flow.axisOf('y')]).toEqual([undefined, undefined, axis]);
  }); // biome-ignore format: one graph a line
});

describe('nodes that no rule decides are reported as unknown', () => {
  test.each<readonly [string, Given]>([
    ['an operator of another domain', { nodes: [{ ...node('y = Mixer(x)'), domain: 'somebody' }] }],
    ['rows put in reverse order', { nodes: [node('y = Slice(x, b, e, a, s)')], constants: { b: int64([-1]), e: int64([-100]), a: int64([0]), s: int64([-1]) } }],
    ['rows moved on by one', { nodes: [node('p = Pad(x, s)'), node('y = Slice(p, b, e, a)')], constants: { s: int64([1, 0, 0, 0]), b: int64([0]), e: int64([-1]), a: int64([0]) } }],
    ['rows joined with others and regrouped', { nodes: [node('d = Mul(x, x)'), node('c = Concat(x, d)', { axis: int(0) }), node('r = Reshape(c, s)'), node('y = ReduceMean(r, a)', { keepdims: int(0) })], constants: { s: int64([-1, 2, 4]), a: int64([1]) } }],
    ['the number of rows in the arithmetic', { nodes: [node('s = Shape(x)'), node('n = Gather(s, i)'), node('c = Cast(n)', { to: int(1) }), node('y = Div(x, c)')], constants: { i: int64([0], []) } }],
    ['the place of each row in the arithmetic', { nodes: [node('s = Shape(x)'), node('n = Gather(s, z)'), node('r = Range(z, n, o)'), node('c = Cast(r)', { to: int(1) }), node('u = Unsqueeze(c, a)'), node('y = Mul(x, u)')], constants: { z: int64([0], []), o: int64([1], []), a: int64([1]) } }],
    ['indices that each row has, such as of its last token', { x: ['N', 'T', 4], nodes: [node('m = ReduceMax(x, k)', { keepdims: int(0) }), node('g = ArgMax(m)', { axis: int(1), keepdims: int(0) }), node('s = Shape(x)'), node('n = Gather(s, z)'), node('r = Range(z, n, o)'), node('ru = Unsqueeze(r, a)'), node('gu = Unsqueeze(g, a)'), node('i = Concat(ru, gu)', { axis: int(1) }), node('y = GatherND(x, i)')], constants: { k: int64([2]), z: int64([0], []), o: int64([1], []), a: int64([1]) } }],
    ['rows scrambled by a Reshape', { x: ['N', 4], y: [4, 'N'], nodes: [node('y = Reshape(x, s)')], constants: { s: int64([4, -1]) } }],
  ])('%s', (_, given) => {
    expect(flowOf(given).unknown('y')).toBeDefined();
    expect(flowOf(given).mixing('y')).toBeUndefined();
  }); // biome-ignore format: one graph a line
});

test('rows along the batch axis of a recurrent layer are reported as such, rows along its time axis as a sequence', () => {
  const given: Given = {
    x: ['T', 'B', 4],
    y: ['T', 1, 'B', 3],
    nodes: [node('y = GRU(x, w, r)', { hidden_size: int(3) })],
    constants: { w: float32([1, 9, 4], new Array(36).fill(1)), r: float32([1, 9, 3], new Array(27).fill(1)) },
  };
  expect(flowOf(given, 'B')).toMatchObject({ recurrent: true });
  expect(flowOf(given, 'T')).toMatchObject({ recurrent: false });
  expect(flowOf(given, 'T').mixing('y')?.kind).toBe('sequence');
});

test('rows reshaped by an unknown width are taken for the axis whose size contains their number, and are unknown', () => {
  const given: Given = {
    x: ['N', '?7'],
    y: ['N', 3],
    nodes: [node('y = Reshape(x, s)')],
    constants: { s: int64([-1, 3]) },
  };
  const flow = flowOf(given);
  expect(flow.axisOf('y')).toBe(0);
  expect(flow.mixing('y')).toBeUndefined();
  expect(flow.unknown('y')).toBeDefined();
});
