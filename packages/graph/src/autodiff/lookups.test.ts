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
    { input: 'ids', table: 'words', rows: 5, width: 2, output: 'e' },
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
