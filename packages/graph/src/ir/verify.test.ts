import { expect, test } from 'vitest';
import { codeOf, float32, type GraphParts, graphOf, node, value } from '../../test/graphs.js';
import type { Graph } from './types.js';
import { foreign, verify } from './verify.js';

const sound: GraphParts = {
  inputs: [value('x', ['N', 2])],
  outputs: [value('y', ['N', 2])],
  nodes: [node('a = Mul(x, w)', {}), node('y = Relu(a)')],
  constants: { w: float32([2], [1, 2]) },
};

const branch = (text: string, output: string): Graph =>
  graphOf({ nodes: [node(text)], outputs: [value(output, [])] });
const choose = (inner: Graph) => node('y = If(x)', { then_branch: { kind: 'graph', value: inner } });

test('a valid graph passes, and so does one whose inner graph reads outer names', () => {
  expect(codeOf(() => verify(graphOf(sound)))).toBe('none');
  expect(codeOf(() => verify(graphOf({ ...sound, nodes: [choose(branch('z = Neg(x)', 'z'))] })))).toBe(
    'none',
  );
});

test.each<[string, GraphParts, RegExp]>([
  ['a name used before it is made', { nodes: [node('y = Relu(a)'), node('a = Neg(x)')] }, /Relu node .*"a"/],
  ['a name made twice', { nodes: [node('y = Relu(x)'), node('y = Neg(x)')] }, /Neg node/],
  ['a constant that is made again', { nodes: [node('w = Relu(x)'), node('y = Neg(w)')] }, /Relu node/],
  ['an input twice', { inputs: [value('x', []), value('x', [])] }, /input "x"/],
  ['an output that nothing makes', { nodes: [node('z = Relu(x)')] }, /output "y"/],
  ['an output twice', { outputs: [value('y', []), value('y', [])] }, /output "y"/],
  [
    'an inner name used outside',
    { nodes: [choose(branch('z = Neg(x)', 'z')), node('b = Relu(z)')] },
    /Relu node.*"z"/,
  ],
  [
    'an inner graph that reads a later name',
    { nodes: [choose(branch('z = Neg(b)', 'z')), node('b = Relu(x)')] },
    /Neg node.*"b"/,
  ],
  ['a constant of another length', { constants: { w: float32([3], [1, 2]) } }, /"w".*3 elements.*2/],
  [
    'a constant of another storage',
    { constants: { w: { dtype: 'float64', dims: [1], data: Float32Array.of(1) } } },
    /float64.*Float32Array/,
  ],
  [
    'an attribute of another kind',
    { nodes: [node('y = Softmax(x)', { axis: { kind: 'ints', value: [1] } })] },
    /axis.*int.*ints/,
  ],
  ['a domain without opset', { nodes: [node('y = my:Op(x)')] }, /my:Op node.*opset/],
  ['no opset at all', { opsets: {} }, /opset/],
  ['an opset that is no version', { opsets: { '': 1.5 } }, /1\.5/],
])('%s is refused, naming the place', (_, parts, message) => {
  const graph = graphOf({ ...sound, ...parts });
  expect(codeOf(() => verify(graph))).toBe('model-invalid');
  expect(() => verify(graph)).toThrow(message);
});

const local = {
  domain: 'local', name: 'f', inputs: ['a'], outputs: ['b'], parameters: ['p'], defaults: {}, opsets: { '': 18 },
  nodes: [node('b = LeakyRelu(a)', { alpha: { kind: 'reference', value: 'p' } })],
} as const; // biome-ignore format: short

test('functions are checked: names, parameters, one definition', () => {
  const parts = { ...sound, opsets: { '': 18, local: 1 }, nodes: [node('y = local:f(x)')] };
  expect(codeOf(() => verify(graphOf({ ...parts, functions: [local] })))).toBe('none');
  expect(() => verify(graphOf({ ...parts, functions: [local, local] }))).toThrow(/local:f/);
  expect(() => verify(graphOf({ ...parts, functions: [{ ...local, parameters: [] }] }))).toThrow(
    /reference to "p"/,
  );
  expect(() => verify(graphOf({ ...parts, functions: [{ ...local, outputs: ['c'] }] }))).toThrow(
    /output "c"/,
  );
  expect(() => verify(graphOf({ ...parts, functions: [{ ...local, inputs: [] }] }))).toThrow(/input "a"/);
});

test('foreign lists operators of other domains, in inner graphs too, and no local functions', () => {
  const inner = branch('z = com.microsoft:FusedGemm(x)', 'z');
  const graph = graphOf({
    ...sound,
    functions: [local],
    nodes: [choose(inner), node('b = local:f(x)'), node('c = my:Op(x)')],
  });
  expect(foreign(graph)).toEqual(['com.microsoft:FusedGemm', 'my:Op']);
});
