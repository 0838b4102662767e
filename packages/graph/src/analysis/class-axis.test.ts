import { expect, test } from 'vitest';
import { float32, graphOf, int64, node, value } from '../../test/graphs.js';
import { attr } from '../builder/builder.js';
import type { Node } from '../ir/types.js';
import { classAxisOf } from './class-axis.js';

const constants = {
  w: float32([2, 3, 1, 1], Array(6).fill(0)),
  m: float32([5, 6], Array(30).fill(0)),
  b: float32([1], [1]),
  first: int64([0]),
};
const axis = (nodes: readonly Node[], rank: number, readers?: readonly Node[]) => {
  const graph = graphOf({
    inputs: [value('x', ['N', 3, 4, 5])],
    outputs: [value('y', undefined)],
    constants,
    nodes,
  });
  return classAxisOf(graph, { output: 'y', rank, readers });
};
const transposed = (perm: readonly number[]) => node('y = Transpose(a)', { perm: attr.ints(perm) });

test.each<[string, Node[], number, number | undefined]>([
  ['a Softmax that made it', [node('y = Softmax(x)', { axis: attr.int(1) })], 4, 1],
  ['a LogSoftmax without an axis', [node('y = LogSoftmax(x)')], 4, 3],
  ['an ArgMax that reads it', [node('y = Relu(x)'), node('c = ArgMax(y)', { axis: attr.int(-2) })], 4, 2],
  ['a Softmax before a permutation', [node('a = Softmax(x)', { axis: attr.int(1) }), transposed([0, 2, 3, 1])], 4, 3],
  ['a convolution', [node('y = Conv(x, w)')], 4, 1],
  ['a convolution, resized and scaled', [node('a = Conv(x, w)'), node('r = Resize(a)'), node('y = Mul(r, b)')], 4, 1],
  ['a convolution before a permutation', [node('a = Conv(x, w)'), transposed([0, 2, 3, 1])], 4, 3],
  ['a convolution before an activation', [node('a = Conv(x, w)'), node('y = Elu(a)')], 4, 1],
  ['a product of matrices', [node('a = MatMul(x, m)'), node('y = Add(a, b)')], 4, 3],
  ['a product in a new first axis', [node('a = MatMul(x, m)'), node('y = Unsqueeze(a, first)')], 5, 4],
  ['an ArgMax over rows alone', [node('a = Exp(x)'), node('y = Exp(a)'), node('c = ArgMax(y)')], 4, undefined],
  ['a regrouping', [node('a = Conv(x, w)'), node('y = Reshape(a, s)')], 4, undefined],
  ['a sum of two values', [node('a = Conv(x, w)'), node('y = Add(a, x)')], 4, undefined],
  [
    'two operators that disagree',
    [node('y = Exp(x)'), node('c = ArgMax(y)', { axis: attr.int(1) }), node('d = Softmax(y)', { axis: attr.int(2) })],
    4, undefined,
  ],
])('%s shows the class axis, or nothing', (_, nodes, rank, wanted) => {
  expect(axis(nodes, rank)?.axis).toBe(wanted);
}); // biome-ignore format: rows

test('nodes of the whole model that read the output are evidence too', () => {
  const nodes = [node('y = Exp(x)')];
  expect(axis(nodes, 4)).toBeUndefined();
  const readers = [node('labels = ArgMax(y)', { axis: attr.int(1) })];
  expect(axis(nodes, 4, readers)).toEqual({ axis: 1, evidence: 'ArgMax' });
});
