import { expect, test } from 'vitest';
import { float32, graphOf, int64, node, value } from '../../test/graphs.js';
import { lookupsOf } from './lookups.js';

const ids = value('ids', ['N', 'L'], 'int64');
const words = float32([5, 2], new Array(10).fill(0.5));
const found = (nodes: readonly string[], more: Partial<Parameters<typeof graphOf>[0]> = {}) =>
  lookupsOf(
    graphOf({
      inputs: [ids],
      outputs: [value('y', ['N', 'L', 2])],
      nodes: nodes.map((text) => node(text)),
      constants: { words },
      ...more,
    }),
  );

test('rows of a table by an input are a lookup, with its sizes', () => {
  expect(found(['e = Gather(words, ids)', 'y = Exp(e)'])).toEqual([
    { input: 'ids', table: 'words', rows: 5, width: 2, output: 'e', clamps: false },
  ]);
});

test('an input that is only cast or reshaped on the way is still itself', () => {
  const shape = int64([0, -1]);
  const nodes = ['a = Identity(ids)', 'b = Reshape(a, shape)', 'e = Gather(words, b)', 'y = Exp(e)'];
  expect(found(nodes, { constants: { words, shape } })).toMatchObject([{ input: 'ids', output: 'e' }]);
});

test('numbers computed from an input, and rows without its batch axis, are none', () => {
  const flat = int64([-1]);
  const one = int64([1], []);
  const constants = { words, flat, one };
  expect(found(['a = Add(ids, one)', 'e = Gather(words, a)', 'y = Exp(e)'], { constants })).toEqual([]);
  expect(found(['a = Reshape(ids, flat)', 'e = Gather(words, a)', 'y = Exp(e)'], { constants })).toEqual([]);
});

test('a table that is no constant, and picks along another axis, are none', () => {
  const along = node('y = Gather(words, ids)', { axis: { kind: 'int', value: 1 } });
  const graph = { inputs: [ids], outputs: [value('y', [5, 'N', 'L'])], constants: { words } };
  expect(lookupsOf(graphOf({ ...graph, nodes: [along] }))).toEqual([]);
  const computed = [node('t = Exp(x)'), node('y = Gather(t, ids)')];
  const inputs = [ids, value('x', [5, 2])];
  expect(lookupsOf(graphOf({ ...graph, inputs, nodes: computed }))).toEqual([]);
});

const codes = { dtype: 'int8', dims: [5, 2], data: Int8Array.from({ length: 10 }, (_, i) => i) } as const;
const scale = float32([], [0.5]);

test.each([
  ['behind the Gather', ['q = Gather(codes, ids)', 'e = DequantizeLinear(q, scale)', 'y = Exp(e)'], 'codes'],
  ['before the Gather', ['t = DequantizeLinear(codes, scale)', 'e = Gather(t, ids)', 'y = Exp(e)'], 't'],
])('a table that is dequantised %s is one', (_, nodes, table) => {
  expect(found(nodes, { constants: { codes, scale } })).toEqual([
    { input: 'ids', table, rows: 5, width: 2, output: 'e', clamps: false },
  ]);
});

test('whole numbers that other nodes read too are no embedding', () => {
  const nodes = ['q = Gather(codes, ids)', 'e = DequantizeLinear(q, scale)', 'z = Neg(q)', 'y = Exp(e)'];
  const outputs = [value('y', ['N', 'L', 2]), value('z', ['N', 'L', 2], 'int8')];
  expect(found(nodes, { constants: { codes, scale }, outputs })).toEqual([]);
});

test('numbers that are kept within limits are those of the input, and may be outside the table', () => {
  const [low, high] = [int64([0], []), int64([4], [])];
  const constants = { words, low, high };
  const clip = ['c = Clip(ids, low, high)', 'e = Gather(words, c)', 'y = Exp(e)'];
  const ends = ['a = Max(low, ids)', 'c = Min(a, high)', 'e = Gather(words, c)', 'y = Exp(e)'];
  for (const nodes of [clip, ends])
    expect(found(nodes, { constants })).toMatchObject([{ input: 'ids', output: 'e', clamps: true }]);
});

test.each([
  [[0, 1], -1, 1],
  [[0, 2], -1, 0],
  [[0, 1], 1, 0],
])('a OneHot of %o along axis %d times a table is %d lookup', (values, axis, count) => {
  const depth = int64([5], []);
  const encode = node('o = OneHot(ids, depth, values)', { axis: { kind: 'int', value: axis } });
  const graph = graphOf({
    inputs: [axis === 1 ? value('ids', ['N', 5], 'int64') : ids],
    outputs: [value('y', ['N', 'L', 2])],
    nodes: [encode, node('e = MatMul(o, words)'), node('y = Exp(e)')],
    constants: { words, depth, values: float32([2], values) },
  });
  const one = { input: 'ids', table: 'words', rows: 5, width: 2, output: 'e', clamps: false };
  expect(lookupsOf(graph)).toEqual(count === 1 ? [one] : []);
});
