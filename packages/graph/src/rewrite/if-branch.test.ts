import { expect, it } from 'vitest';
import { graphOf, int64, node, value } from '../../test/graphs.js';
import { attr } from '../builder/builder.js';
import { canonicalise } from '../canonical/canonicalise.js';
import { infer } from '../infer/infer.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Attribute, Dims, Graph, Node, Value } from '../ir/types.js';
import { verify } from '../ir/verify.js';

const branch = (nodes: readonly Node[], ...outputs: string[]): Attribute => ({
  kind: 'graph',
  value: graphOf({
    nodes,
    outputs: outputs.map((name): Value => value(name, undefined)),
    opsets: { '': 13 },
  }),
});

/** What torch.squeeze(x, 1) becomes when it is traced, between two other nodes. */
function squeezed(dims: Dims): Graph {
  const nodes = [
    node('a = Neg(x)'),
    node('shape = Shape(a)'),
    node('size = Gather(shape, one)', { axis: attr.int(0) }),
    node('single = Equal(size, one)'),
    node('b = If(single)', {
      then_branch: branch([node('c = Squeeze(a, one)'), node('d = Relu(c)')], 'd'),
      else_branch: branch([node('c = Identity(a)')], 'c'),
    }),
    node('y = Neg(b)'),
  ];
  const header = { inputs: [value('x', dims)], outputs: [value('y', undefined)], opsets: { '': 13 } };
  return canonicalise(graphOf({ ...header, nodes, constants: { one: int64([1]) } }));
}

const ops = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);

it('takes the branch that a known size selects', () => {
  const graph = squeezed(['N', 1, 2]);
  verify(graph);
  expect(ops(graph)).toEqual(['Neg', 'Squeeze', 'Relu', 'Neg']);
  expect(infer(graph).get('y')?.dims).toEqual(['N', 2]);
  const { y } = interpret(graph, { x: numArray('float32', [2, 1, 2], [1, -2, 3, -4]) });
  expect(Array.from(y.data)).toEqual([-0, -2, -0, -4]);
});

it('accepts a branch that contradicts the sizes when it is not taken', () => {
  expect(ops(squeezed(['N', 3, 2]))).toEqual(['Neg', 'Neg']);
});

it('keeps an If that the sizes do not decide', () => {
  expect(ops(squeezed(['N', 'C', 2]))).toContain('If');
});

it('takes the same branch twice without mixing up its values', () => {
  const twice = {
    then_branch: branch([node('c = Exp(x)'), node('d = Neg(c)')], 'd', 'c'),
    else_branch: branch([], 'x', 'x'),
  };
  const nodes = [node('p, q = If(yes)', twice), node('r, s = If(yes)', twice), node('y = Sum(p, q, r, s)')];
  const yes = { dtype: 'bool', dims: [], data: Uint8Array.of(1) } as const;
  const graph = canonicalise(
    graphOf({
      inputs: [value('x', ['N'])],
      outputs: [value('y', ['N']), value('s', ['N'])],
      nodes,
      constants: { yes },
    }),
  );
  verify(graph);
  expect(ops(graph)).not.toContain('If');
  const { y, s } = interpret(graph, { x: numArray('float32', [2], [0, 1]) });
  expect(Array.from(y.data)).toEqual([0, 0]);
  expect(Array.from(s.data)).toEqual([1, Math.E]);
});

it('replaces the output of a branch that returns an outer value by that value', () => {
  const sides = { then_branch: branch([], 'x'), else_branch: branch([node('c = Exp(x)')], 'c') };
  const yes = { dtype: 'bool', dims: [1], data: Uint8Array.of(1) } as const;
  const graph = canonicalise(
    graphOf({
      inputs: [value('x', ['N'])],
      outputs: [value('y', ['N'])],
      nodes: [node('y = If(yes)', sides)],
      constants: { yes },
    }),
  );
  verify(graph);
  expect(graph.nodes.map(({ op, inputs, outputs }) => [op, ...inputs, ...outputs])).toEqual([
    ['Identity', 'x', 'y'],
  ]);
});
