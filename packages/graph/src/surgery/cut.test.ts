import { expect, test } from 'vitest';
import { codeOf, float32, graphOf, node, value } from '../../test/graphs.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import { verify } from '../ir/verify.js';
import { cut, upTo } from './cut.js';

const graph = graphOf({
  inputs: [value('x', ['N', 2]), value('t', ['N', 2]), value('u', [2])],
  outputs: [value('y', ['N', 2]), value('side', ['N', 2])],
  nodes: [
    node('a = Mul(x, w)'),
    node('side = Neg(a)'),
    node('h = Exp(a)'),
    node('g = Add(h, t)'),
    node('y = Sub(g, u)'),
  ],
  constants: { w: float32([2], [1, 2]) },
});

const names = (values: readonly { name: string }[]) => values.map(({ name }) => name);

test('after the cut the value is the first input, and only what depends on it is an output', () => {
  const after = cut(graph, 'h');
  verify(after);
  expect(after.inputs).toEqual([value('h', ['N', 2]), value('t', ['N', 2]), value('u', [2])]);
  expect(names(after.outputs)).toEqual(['y']);
  expect(after.nodes.map(({ op }) => op)).toEqual(['Add', 'Sub']);
  expect(after.constants.size).toBe(0);
});

test('before the cut the value is the output, and only needed inputs are left', () => {
  const before = upTo(graph, 'h');
  verify(before);
  expect(names(before.inputs)).toEqual(['x']);
  expect(before.outputs).toEqual([value('h', ['N', 2])]);
});

test('the two parts one after the other compute what the graph computes', () => {
  const feeds = {
    x: numArray('float32', [1, 2], [0.5, -1]),
    t: numArray('float32', [1, 2], [3, 4]),
    u: numArray('float32', [2], [5, 6]),
  };
  const { t, u, x } = feeds;
  for (const at of ['a', 'h', 'g']) {
    const after = cut(graph, at);
    const inner = interpret(
      upTo(graph, at),
      Object.fromEntries(upTo(graph, at).inputs.map(({ name }) => [name, { x, t, u }[name] ?? x])),
    );
    const rest = Object.fromEntries(after.inputs.map(({ name }) => [name, { ...inner, t, u }[name] ?? x]));
    expect(interpret(after, rest).y).toEqual(interpret(graph, feeds).y);
  }
});

test('a node that produces the value beside other needed outputs stays, and its output is renamed', () => {
  const split = graphOf({
    inputs: [value('x', ['N', 4])],
    outputs: [value('y', ['N', 2])],
    nodes: [
      node('a, b = Split(x)', { num_outputs: { kind: 'int', value: 2 }, axis: { kind: 'int', value: 1 } }),
      node('y = Add(a, b)'),
    ],
  });
  const after = cut(split, 'a');
  verify(after);
  expect(names(after.inputs)).toEqual(['a', 'x']);
  const x = numArray('float32', [1, 4], [1, 2, 3, 4]);
  expect(interpret(after, { a: numArray('float32', [1, 2], [10, 20]), x }).y.data).toEqual(
    Float64Array.of(13, 24),
  );
});

test('a cut at an input leaves the graph as it was', () => {
  expect(names(cut(graph, 'x').inputs)).toEqual(['x', 't', 'u']);
});

test.each([
  ['an unknown name', 'nothing', 'value-unknown'],
  ['the empty name', '', 'value-unknown'],
  ['a constant', 'w', 'not-applicable'],
  ['the end of the graph', 'y', 'not-applicable'],
])('%s cannot be cut at', (_, at, code) => {
  expect(codeOf(() => cut(graph, at))).toBe(code);
});
