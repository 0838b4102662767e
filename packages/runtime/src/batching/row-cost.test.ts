import { weightBytes } from '@onnxplain/graph';
import { expect, test } from 'vitest';
import { floats, graphOf, int, linear, node, value } from '../../test/models.js';
import { bindDims, rowCost } from './row-cost.js';

test('a row of the linear model holds its input and its output at once, weights not counted', () => {
  expect(rowCost(linear()).bytes).toBe(4 * (3 + 2));
  expect(rowCost(linear('N', 'float64')).bytes).toBe(8 * (3 + 2));
});

test('values are freed after their last use, unless the graph returns them', () => {
  const relu = (from: string, to: string) => node('Relu', [from], [to]);
  const chain = (outputs: string[]) =>
    graphOf({
      inputs: [value('x', ['N', 10])],
      outputs: outputs.map((name) => value(name, ['N', 10])),
      nodes: [relu('x', 'a'), relu('a', 'b'), relu('b', 'c'), relu('c', 'd')],
    });
  expect(rowCost(chain(['d'])).bytes).toBe(4 * 10 * 2);
  expect(rowCost(chain(['a', 'b', 'c', 'd'])).bytes).toBe(4 * 10 * 4);
});

test('a value that is needed later stays alive', () => {
  const graph = graphOf({
    inputs: [value('x', ['N', 4])],
    outputs: [value('y', ['N', 4])],
    constants: { w: floats([4, 100], Array(400).fill(1)), v: floats([100, 4], Array(400).fill(1)) },
    nodes: [
      node('MatMul', ['x', 'w'], ['wide']),
      node('MatMul', ['wide', 'v'], ['narrow']),
      node('Softmax', ['narrow'], ['soft'], { axis: int(1) }),
      node('Add', ['soft', 'x'], ['y']),
    ],
  });
  expect(rowCost(graph).bytes).toBe(4 * (4 + 100 + 4));
});

test('binding a symbol fills it in wherever it stands alone', () => {
  const graph = graphOf({
    inputs: [value('x', ['N', 'T']), value('m', ['T'])],
    outputs: [value('y', ['N', 'T', 5])],
    nodes: [],
  });
  const bound = bindDims(graph, new Map([['T', 7]]));
  expect(bound.inputs.map(({ dims }) => dims)).toEqual([['N', 7], [7]]);
  expect(bound.outputs[0].dims).toEqual(['N', 7, 5]);
});

test('the work is that of one row, and the weights are those of the graph', () => {
  // 3 inputs and 2 outputs are read and written, and 3 x 2 products made.
  expect(rowCost(linear())).toEqual({ bytes: 20, work: 6 + 4 * 5, weights: weightBytes(linear()) });
});
