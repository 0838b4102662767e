import { expect, test } from 'vitest';
import { float32, graphOf, node, value } from '../../test/graphs.js';
import { canonicalise } from '../canonical/canonicalise.js';
import { fixNumbers, fixShapes } from './fix-inputs.js';

const graph = graphOf({
  inputs: [value('x', ['n', 3, 'h']), value('mask', ['n', 'h'], 'int64'), value('sr', [], 'int64')],
  outputs: [value('y', ['n', 3, 'h'])],
  nodes: [node('y = Exp(x)')],
});

test('the size of a symbol holds wherever the symbol stands', () => {
  const fixed = fixShapes(graph, { x: [1, 3, 24] });
  expect(fixed.inputs.map(({ dims }) => dims)).toEqual([[1, 3, 24], [1, 24], []]);
  expect(fixed.outputs[0].dims).toEqual([1, 3, 24]);
});

test.each([
  [{ x: [1, 3] }, 'sizes of [n, 3, h]'],
  [{ x: [1, 4, 24] }, 'got [1, 4, 24]'],
  [{ x: [1, 3, 24], mask: [1, 25] }, 'shape of input "mask"'],
  [{ z: [1] }, 'one of the inputs "x", "mask", "sr"'],
])('shapes %o are refused', (shapes, text) => {
  expect(() => fixShapes(graph, shapes)).toThrow(text);
});

test('a branch that a fixed number chooses is the only one that is left', () => {
  const branch = (op: string) => ({
    kind: 'graph' as const,
    value: graphOf({ outputs: [value(op, ['n', 3, 'h'])], nodes: [node(`${op} = ${op}(x)`)] }),
  });
  const chosen = graphOf({
    inputs: graph.inputs,
    outputs: graph.outputs,
    constants: { limit: { dtype: 'int64', dims: [], data: BigInt64Array.of(12000n) } },
    nodes: [
      node('high = Greater(sr, limit)'),
      node('y = If(high)', { then_branch: branch('Exp'), else_branch: branch('Tanh') }),
    ],
  });
  const ops = (sr: number) => canonicalise(fixNumbers(chosen, { sr })).nodes.map(({ op }) => op);
  expect([ops(16000), ops(8000)]).toEqual([['Exp'], ['Tanh']]);
  expect(fixNumbers(chosen, { sr: 8000 }).inputs.map(({ name }) => name)).toEqual(['x', 'mask']);
});

test('an input of open sizes has to be given its sizes first', () => {
  expect(() => fixNumbers(graph, { mask: 1 })).toThrow('--shape "mask"=SIZES');
  const fixed = fixNumbers(fixShapes(graph, { mask: [1, 2] }), { mask: 1 });
  expect(fixed.constants.get('mask')).toEqual({
    dtype: 'int64',
    dims: [1, 2],
    data: BigInt64Array.of(1n, 1n),
  });
  expect(fixNumbers(graphOf({ inputs: [value('a', [2])] }), { a: 0.5 }).constants.get('a')).toEqual(
    float32([2], [0.5, 0.5]),
  );
});
