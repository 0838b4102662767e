import { expect, test } from 'vitest';
import { float32, graphOf, node, value } from '../../test/graphs.js';
import type { Node } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { eliminateCommonSubexpressions } from './common-subexpressions.js';

const share = (nodes: readonly Node[], constants = {}) => {
  const graph = graphOf({
    inputs: [value('x', ['N']), value('t', ['N'])],
    outputs: [value('y', ['N'])],
    nodes,
    constants,
    opsets: { '': 18, my: 1 },
  });
  const shared = eliminateCommonSubexpressions(graph);
  verify(shared);
  return shared;
};

const alpha = (number: number) => ({ alpha: { kind: 'float', value: number } }) as const;

test('equal nodes become one, and so do those that then become equal', () => {
  const nodes = ['a = Exp(x)', 'b = Exp(x)', 'c = Neg(a)', 'd = Neg(b)', 'y = Sub(c, d)'];
  const { nodes: kept } = share(nodes.map((text) => node(text)));
  expect(kept.map(({ outputs }) => outputs[0])).toEqual(['a', 'c', 'y']);
  expect(kept[2].inputs).toEqual(['c', 'c']);
});

test('nodes with another operator, order of inputs, attribute or sign of zero are not merged', () => {
  const nodes = [
    node('a = Sub(x, t)'),
    node('b = Sub(t, x)'),
    node('c = Elu(x)', alpha(0)),
    node('d = Elu(x)', alpha(-0)),
    node('e = Elu(x)'),
    node('f = Selu(x)', alpha(0)),
    node('y = Sum(a, b, c, d, e, f)'),
  ];
  expect(share(nodes).nodes).toHaveLength(7);
});

test('random nodes, Dropout and foreign operators are not merged', () => {
  const nodes = [
    'a = RandomNormalLike(x)', 'b = RandomNormalLike(x)', 'c = Dropout(x)', 'd = Dropout(x)', 'e = my:Op(x)',
    'f = my:Op(x)', 'y = Sum(a, b, c, d, e, f)',
  ]; // biome-ignore format: pairs
  expect(share(nodes.map((text) => node(text))).nodes).toHaveLength(7);
});

test('a graph output keeps its name', () => {
  const { nodes } = share([node('a = Exp(x)'), node('y = Exp(x)'), node('b = Neg(a)')]);
  expect(nodes.map(({ outputs }) => outputs[0])).toEqual(['a', 'y', 'b']);
});

test('equal small constants become one, for inner graphs too', () => {
  const inner = graphOf({ nodes: [node('z = Mul(x, two)')], outputs: [value('z', [])] });
  const branches = {
    then_branch: { kind: 'graph', value: inner },
    else_branch: { kind: 'graph', value: inner },
  } as const;
  const constants = { one: float32([], [2]), two: float32([], [2]), wide: float32([1], [2]) };
  const shared = share(
    [node('a = Add(x, one)'), node('b = Add(a, two)'), node('y = If(b)', branches)],
    constants,
  );
  expect([...shared.constants.keys()]).toEqual(['one', 'wide']);
  expect(shared.nodes[1].inputs).toEqual(['a', 'one']);
  const branch = shared.nodes[2].attributes.then_branch;
  expect(branch.kind === 'graph' && branch.value.nodes[0].inputs).toEqual(['x', 'one']);
});
