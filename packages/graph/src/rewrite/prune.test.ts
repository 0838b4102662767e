import { expect, test } from 'vitest';
import { float32, graphOf, node, value } from '../../test/graphs.js';
import { verify } from '../ir/verify.js';
import { prune } from './prune.js';

const outputsOf = ({ nodes }: ReturnType<typeof prune>) => nodes.flatMap(({ outputs }) => outputs);

test('nodes that no output depends on are removed, and inputs stay', () => {
  const graph = graphOf({
    inputs: [value('x', []), value('unread', [])],
    outputs: [value('y', [])],
    nodes: [node('a = Neg(x)'), node('dead = Add(a, v)'), node('y = Mul(a, w)'), node('deader = Neg(dead)')],
    constants: { w: float32([], [1]), v: float32([], [2]) },
  });
  const declared = new Map([...'ad'].map((name) => [name, { dtype: 'float32' as const, dims: [] }]));
  const pruned = prune({ ...graph, declared });
  verify(pruned);
  expect(outputsOf(pruned)).toEqual(['a', 'y']);
  expect([...pruned.constants.keys()]).toEqual(['w']);
  expect([...pruned.declared.keys()]).toEqual(['a']);
  expect(pruned.inputs.map(({ name }) => name)).toEqual(['x', 'unread']);
  expect(outputsOf(graph)).toHaveLength(4);
});

test('a node stays where any of its outputs is read', () => {
  const graph = graphOf({
    inputs: [value('x', [4])],
    outputs: [value('b', [2])],
    nodes: [node('a, b = Split(x)', { num_outputs: { kind: 'int', value: 2 } })],
  });
  expect(prune(graph)).toEqual(graph);
});

test('inner graphs are pruned, and keep only the values alive that they still capture', () => {
  const then = graphOf({ nodes: [node('z = Neg(p)'), node('dead = Neg(q)')], outputs: [value('z', [])] });
  const attributes = {
    then_branch: { kind: 'graph', value: then },
    else_branch: { kind: 'graph', value: then },
  } as const;
  const graph = graphOf({
    inputs: [value('x', []), value('c', [], 'bool')],
    outputs: [value('y', [])],
    nodes: [node('p = Abs(x)'), node('q = Abs(x)'), node('y = If(c)', attributes)],
  });
  const pruned = prune(graph);
  verify(pruned);
  expect(outputsOf(pruned)).toEqual(['p', 'y']);
});

test('functions stay when they are called, directly or by another', () => {
  const local = (name: string, body: string) => ({
    domain: 'l', name, inputs: ['a'], outputs: ['b'], parameters: [], defaults: {}, opsets: {}, nodes: [node(body)],
  }); // biome-ignore format: short
  const graph = graphOf({
    inputs: [value('x', [])],
    outputs: [value('y', [])],
    nodes: [node('y = l:f(x)')],
    functions: [local('f', 'b = l:g(a)'), local('g', 'b = Neg(a)'), local('h', 'b = Abs(a)')],
    opsets: { '': 18, l: 1 },
  });
  expect(prune(graph).functions.map(({ name }) => name)).toEqual(['f', 'g']);
});

test('a chain of twenty thousand nodes is walked, not recursed into', () => {
  const nodes = Array.from({ length: 20_000 }, (_, i) => node(`v${i + 1} = Neg(v${i})`));
  const graph = graphOf({ inputs: [value('v0', [])], outputs: [value('v20000', [])], nodes });
  expect(prune(graph).nodes).toHaveLength(20_000);
});
