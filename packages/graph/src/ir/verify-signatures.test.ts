import { expect, test } from 'vitest';
import { codeOf, graphOf, int64, node, value } from '../../test/graphs.js';
import { attr } from '../builder/builder.js';
import { canonicalise } from '../canonical/canonicalise.js';
import type { Node } from './types.js';
import { verifySignatures } from './verify-signatures.js';

const checked = (each: Node, opset = 18) =>
  codeOf(() => verifySignatures(graphOf({ nodes: [each], opsets: { '': opset } })));

test.each<[string, Node]>([
  ['too few inputs', node('y = Mod(x)')],
  ['too many inputs', node('y = Relu(x, x)')],
  ['an input left out that the operator needs', node('y = Mul(x, )')],
  ['an output without a name that the operator has always', node('v,  = TopK(x, k)')],
  ['too many outputs', node('y, z = Relu(x)')],
  ['an attribute of another operator', node('y = Relu(x)', { axis: attr.int(1) })],
  ['an attribute named __proto__', node('y = Relu(x)', Object.fromEntries([['__proto__', attr.int(1)]]))],
  ['an attribute of another type', node('y = Softmax(x)', { axis: attr.ints([1]) })],
  ['no attribute where one is needed', node('y = Concat(x, x)')],
])('a node with %s is refused', (_, each) => {
  expect(checked(each)).toBe('model-invalid');
});

test('each version of an operator has a signature of its own', () => {
  const clip = node('y = Clip(x)', { min: { kind: 'float', value: 0 } });
  expect(checked(clip, 6)).toBe('none');
  expect(checked(clip, 11)).toBe('model-invalid');
});

test('operators of other domains and local functions are not checked', () => {
  expect(checked(node('y = my:Relu(x, x)', { axis: attr.int(1) }))).toBe('none');
});

test.each<[string, Node]>([
  ['a step that is no integer', node('y = Slice(x, i, i, i, f)')],
  ['numbers of two types', node('y = Add(x, i)')],
  ['texts where numbers are meant', node('y = Where(x, x, x)')],
])('a node with %s is refused when types are inferred', (_, each) => {
  const graph = graphOf({
    inputs: [value('x', ['N', 4])],
    outputs: [value('y', undefined)],
    nodes: [each],
    constants: { i: int64([0]), f: { dtype: 'float64', dims: [1], data: Float64Array.of(5e-324) } },
  });
  expect(codeOf(() => canonicalise(graph))).toBe('type-mismatch');
});

test.each(['constructor', 'toString', '__proto__'])(
  'an operator or domain named %s is not a rule of ours',
  (name) => {
    const [strange, foreign] = [
      { ...node('y = Op(x)'), op: name },
      { ...node('y = Op(x)'), domain: name },
    ];
    const graph = (each: Node) =>
      graphOf({
        inputs: [value('x', ['N', 4])],
        outputs: [value('y', ['N', 4])],
        nodes: [each],
        opsets: Object.fromEntries([
          ['', 18],
          [name, 1],
        ]),
      });
    expect(canonicalise(graph(strange)).nodes.map(({ op }) => op)).toEqual([name]);
    expect(canonicalise(graph(foreign)).nodes.map(({ domain }) => domain)).toEqual([name]);
  },
);
