import { expect, it } from 'vitest';
import { float32, graphOf, int64, node, value } from '../../test/graphs.js';
import { infer } from '../infer/infer.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Graph } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { precompute } from './precompute.js';

const precomputed = (graph: Graph): Graph => {
  const types = infer(graph);
  const ready = precompute(graph, (name) => types.get(name));
  verify(ready);
  return ready;
};

const ops = (graph: Graph) => graph.nodes.map(({ op }) => op);

it('computes the values that depend on constants alone, and no others', () => {
  const graph = graphOf({
    inputs: [value('x', ['N', 2])],
    outputs: [value('y', ['N', 2])],
    constants: { variance: float32([2], [4, 16]), parts: int64([1, 1]) },
    nodes: [
      node('deviation = Sqrt(variance)'),
      node('slope = Reciprocal(deviation)'),
      node('first, second = Split(slope, parts)'),
      node('a = Mul(x, first)'),
      node('y = Sub(a, second)'),
    ],
  });
  const ready = precomputed(graph);
  expect(ops(ready)).toEqual(['Mul', 'Sub']);
  const feeds = { x: numArray('float32', [1, 2], [3, 5]) };
  expect(interpret(ready, feeds)).toEqual(interpret(graph, feeds));
});

it('keeps a node that produces an output of the graph', () => {
  const outputs = [value('y', [1])];
  const graph = graphOf({ outputs, constants: { c: float32([1], [2]) }, nodes: [node('y = Neg(c)')] });
  expect(ops(precomputed(graph))).toEqual(['Neg']);
});

it('leaves large results and random ones to the runtime', () => {
  const graph = graphOf({
    outputs: [value('y', undefined)],
    constants: { c: float32([1], [2]), size: int64([2 ** 17]) },
    nodes: [node('a = Expand(c, size)'), node('b = Dropout(c)'), node('y = Add(a, b)')],
  });
  expect(ops(precomputed(graph))).toEqual(['Expand', 'Dropout', 'Add']);
});
