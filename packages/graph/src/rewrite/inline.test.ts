import { expect, test } from 'vitest';
import { codeOf, float32, graphOf, node, value } from '../../test/graphs.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Attribute, LocalFunction, Node } from '../ir/types.js';
import { foreign, verify } from '../ir/verify.js';
import { inline } from './inline.js';

const local = (name: string, parts: Partial<LocalFunction>): LocalFunction => ({
  domain: 'l', name, inputs: ['a'], outputs: ['b'], parameters: [], defaults: {}, opsets: { '': 18 }, nodes: [], ...parts,
}); // biome-ignore format: short

const call = (functions: readonly LocalFunction[], nodes: readonly Node[], constants = {}) =>
  graphOf({
    inputs: [value('x', ['N'])],
    outputs: [value('y', ['N'])],
    nodes,
    functions,
    constants,
    opsets: { '': 18, l: 1 },
  });

const reference = (to: string): Attribute => ({ kind: 'reference', value: to });
const float = (number: number): Attribute => ({ kind: 'float', value: number });
const x = numArray('float32', [3], [-2, 0.5, 4]);

function resultOf(graph: ReturnType<typeof call>): readonly number[] {
  const inlined = inline(graph);
  verify(inlined);
  expect(inlined.functions).toEqual([]);
  expect(foreign(inlined)).toEqual([]);
  return [...interpret(inlined, { x }).y.data];
}

const leaky = local('leaky', {
  parameters: ['slope'],
  defaults: { other: float(0.25) },
  nodes: [
    node('t = LeakyRelu(a)', { alpha: reference('slope') }),
    node('b = LeakyRelu(t)', { alpha: reference('other') }),
  ],
});

test("attributes come from the caller, else from the function, else are the operator's own", () => {
  expect(resultOf(call([leaky], [node('y = l:leaky(x)', { slope: float(0.5) })]))).toEqual([-0.25, 0.5, 4]);
  expect(resultOf(call([leaky], [node('y = l:leaky(x)', { slope: float(0.5), other: float(1) })]))).toEqual([
    -1, 0.5, 4,
  ]);
  expect(resultOf(call([leaky], [node('y = l:leaky(x)')]))[0]).toBeCloseTo(-2 * 0.01 * 0.25, 12);
});

test('two calls get different inner names, even where the caller uses names of the function', () => {
  const nodes = [
    node('t = l:leaky(x)', { slope: float(0.5) }),
    node('y = l:leaky(t)', { slope: float(0.5) }),
  ];
  expect(resultOf(call([leaky], nodes))).toEqual([-0.03125, 0.5, 4]);
});

test('functions that call functions are inlined, and attributes are passed on', () => {
  const outer = local('outer', {
    parameters: ['k'],
    nodes: [
      node('c = l:leaky(a)', { slope: reference('k') }),
      node('b = l:leaky(c)', { slope: reference('k') }),
    ],
  });
  expect(resultOf(call([leaky, outer], [node('y = l:outer(x)', { k: float(0.5) })]))).toEqual([
    -0.03125, 0.5, 4,
  ]);
});

test('omitted inputs and outputs stay omitted', () => {
  const clip = local('clip', {
    inputs: ['a', 'lo', 'hi'],
    outputs: ['b', 'c'],
    nodes: [node('b = Clip(a, lo, hi)'), node('c = Neg(b)')],
  });
  const constants = { one: float32([], [1]) };
  expect(resultOf(call([clip], [node('y = l:clip(x, , one)')], constants))).toEqual([-2, 0.5, 1]);
  expect(resultOf(call([clip], [node(', y = l:clip(x, one)')], constants))).toEqual([-1, -1, -4]);
});

test('an output that is an input, or occurs twice, gets an Identity', () => {
  const same = local('same', { outputs: ['a', 'n', 'n'], nodes: [node('n = Neg(a)')] });
  expect(
    resultOf(call([same], [node('p, q, r = l:same(x)'), node('s = Mul(q, r)'), node('y = Add(p, s)')])),
  ).toEqual([2, 0.75, 20]);
});

test('inner graphs read the values they captured, whatever names the caller uses', () => {
  const branch = (text: string) =>
    ({ kind: 'graph', value: graphOf({ nodes: [node(text)], outputs: [value('z', ['N'])] }) }) as const;
  const choose = local('choose', {
    inputs: ['a', 'c'],
    parameters: ['slope'],
    nodes: [node('b = If(c)', { then_branch: branch('z = Neg(a)'), else_branch: branch('z = Abs(a)') })],
  });
  const yes = { yes: { dtype: 'bool', dims: [], data: Uint8Array.of(1) } } as const;
  expect(
    resultOf(call([choose], [node('z = Exp(x)'), node('l = Log(z)'), node('y = l:choose(l, yes)')], yes)).map(
      (v) => Math.round(v * 1e9) / 1e9,
    ),
  ).toEqual([2, -0.5, -4]);
  expect(resultOf(call([choose], [node('z = Identity(x)'), node('y = l:choose(z, yes)')], yes))).toEqual([
    2, -0.5, -4,
  ]);
});

test('calls in inner graphs are inlined, references inside them bound', () => {
  const body = graphOf({
    nodes: [node('z = LeakyRelu(a)', { alpha: reference('slope') })],
    outputs: [value('z', ['N'])],
  });
  const branch = { kind: 'graph', value: body } as const;
  const inner = local('inner', {
    inputs: ['a', 'c'],
    parameters: ['slope'],
    nodes: [node('b = If(c)', { then_branch: branch, else_branch: branch })],
  });
  const calling = graphOf({
    nodes: [node('w = l:inner(x, yes)', { slope: float(0.5) })],
    outputs: [value('w', ['N'])],
  });
  const outer = { kind: 'graph', value: calling } as const;
  const yes = { yes: { dtype: 'bool', dims: [], data: Uint8Array.of(1) } } as const;
  expect(
    resultOf(call([inner], [node('y = If(yes)', { then_branch: outer, else_branch: outer })], yes)),
  ).toEqual([-1, 0.5, 4]);
});

test('recursion, exponential growth and other opsets are refused', () => {
  const f = local('f', { nodes: [node('b = l:g(a)')] });
  const g = local('g', { nodes: [node('b = l:f(a)')] });
  expect(codeOf(() => inline(call([f, g], [node('y = l:f(x)')])))).toBe('model-invalid');
  expect(() => inline(call([f, g], [node('y = l:f(x)')]))).toThrow(/l:f calls l:g calls l:f/);
  const twice = Array.from({ length: 60 }, (_, i) =>
    local(`f${i}`, { nodes: [node(`c = l:f${i + 1}(a)`), node(`b = l:f${i + 1}(c)`)] }),
  );
  const chain = Array.from({ length: 100 }, (_, i) =>
    local(`f${i}`, { nodes: [node(`b = l:f${i + 1}(a)`)] }),
  );
  expect(codeOf(() => inline(call(chain, [node('y = l:f0(x)')])))).toBe('model-limit');
  const last = local('f60', { nodes: [node('b = Neg(a)')] });
  expect(codeOf(() => inline(call([...twice, last], [node('y = l:f0(x)')])))).toBe('model-limit');
  const old = local('f', { opsets: { '': 11 }, nodes: [node('b = Neg(a)')] });
  expect(codeOf(() => inline(call([old], [node('y = l:f(x)')])))).toBe('model-unsupported');
});
