/** Loops of which the number of iterations is not known when the gradient is made. */
import { describe, expect, it } from 'vitest';
import {
  attr,
  canonicalise,
  constantFrom,
  type Graph,
  grad,
  hvp,
  interpret,
  jvp,
  type Node,
  type NumArray,
  numArray,
  type RuleTableName,
  tables,
  type Value,
  vjp,
} from '../src/index.js';
import { codeOf, float32, graphOf, node, value } from './graphs.js';
import { run } from './session.js';

interface Body {
  readonly carried: readonly Value[];
  readonly outputs: readonly Value[];
  readonly nodes: readonly Node[];
}

/** The body of a Loop, which reads i and on, and gives go first. */
const body = ({ carried, outputs, nodes }: Body) => ({
  body: {
    kind: 'graph' as const,
    value: graphOf({
      inputs: [value('i', [], 'int64'), value('on', [], 'bool'), ...carried],
      outputs: [value('go', [], 'bool'), ...outputs],
      nodes,
    }),
  },
});

const rows = ['N', 2];
const constants = { w: float32([2, 2], [0.5, -1, 0.75, 1.25]) };

/** h' = tanh(h w) + i x from h = x, as often as `count` says; the score is the sum of the last h and of all h h'. */
const counted = graphOf({
  inputs: [value('x', rows), value('count', [], 'int64')],
  outputs: [value('y', [])],
  constants,
  nodes: [
    node(
      'last, all = Loop(count, , x)',
      body({
        carried: [value('h', rows)],
        outputs: [value('next', rows), value('seen', rows)],
        nodes: [
          node('go = Identity(on)'),
          node('m = MatMul(h, w)'),
          node('t = Tanh(m)'),
          node('n = Cast(i)', { to: attr.int(1) }),
          node('p = Mul(x, n)'),
          node('next = Add(t, p)'),
          node('seen = Mul(next, h)'),
        ],
      }),
    ),
    node('a = ReduceSum(last)', { keepdims: attr.int(0) }),
    node('c = ReduceSum(all)', { keepdims: attr.int(0) }),
    node('y = Add(a, c)'),
  ],
});

/** The same with the count known. */
const unrolled = (count: number): Graph => ({
  ...counted,
  inputs: counted.inputs.slice(0, 1),
  constants: new Map([...counted.constants, ['count', constantFrom('int64', [], [count])]]),
});

const x = numArray('float32', [2, 2], [0.3, -0.7, 1.1, 0.4]);
const v = numArray('float32', [2, 2], [1, 0.5, -0.25, 2]);
const times = (count: number) => numArray('int64', [], [count]);
const ops = (graph: Graph): readonly string[] => graph.nodes.map(({ op }) => op);

function expectClose(got: NumArray, want: NumArray, digits: number): void {
  expect(got.dims).toEqual(want.dims);
  got.data.forEach((value, i) => {
    expect(value).toBeCloseTo(want.data[i], digits);
  });
}

describe('a Loop that counts to an input', () => {
  const gradient = grad(counted, { wrt: 'x' });

  it('keeps its Loop, and goes backward by a Scan', () => {
    expect(ops(canonicalise(counted))).toContain('Loop');
    expect(ops(gradient).filter((op) => op === 'Loop')).toHaveLength(2);
    expect(ops(gradient)).toContain('If');
    expect(ops(canonicalise(unrolled(3)))).not.toContain('Loop');
  });

  it.each([1, 2, 5])('has the gradient of its %i iterations written out', async (count) => {
    const expected = interpret(grad(unrolled(count), { wrt: 'x' }), { x }).gradient;
    expectClose(interpret(gradient, { x, count: times(count) }).gradient, expected, 10);
    expectClose((await run(gradient, { x, count: times(count) })).gradient, expected, 4);
  });

  it('has the gradient of what it started with where it does not run at all', async () => {
    const ones = numArray('float32', [2, 2], [1, 1, 1, 1]);
    expectClose(interpret(gradient, { x, count: times(0) }).gradient, ones, 12);
    expectClose((await run(gradient, { x, count: times(0) })).gradient, ones, 12);
  });

  it.each([0, 1, 3])('has the second derivative of its %i iterations written out', async (count) => {
    const product = hvp(counted, { wrt: 'x' });
    const feeds = { x, vector: v, count: times(count) };
    const zero = numArray('float32', [2, 2], [0, 0, 0, 0]);
    const expected =
      count === 0 ? zero : interpret(hvp(unrolled(count), { wrt: 'x' }), { x, vector: v }).product;
    expectClose(interpret(product, feeds).product, expected, 9);
    expectClose((await run(product, feeds)).product, expected, 3);
  });

  it('has products with a vector on either side that are one number', () => {
    const feeds = { x, count: times(3) };
    const forward = interpret(jvp(counted, { wrt: 'x' }), { ...feeds, tangent: v }).derivative;
    const cotangent = numArray('float32', [], [1]);
    const backward = interpret(vjp(counted, { wrt: 'x' }), { ...feeds, cotangent }).gradient;
    expect(forward.data[0]).toBeCloseTo(
      backward.data.reduce((sum, g, i) => sum + g * v.data[i], 0),
      10,
    );
  });

  it('has a gradient by the weights that it captures', async () => {
    const by = grad(counted, { wrt: 'w' });
    const expected = interpret(grad(unrolled(4), { wrt: 'w' }), { x }).gradient;
    expectClose(interpret(by, { x, count: times(4) }).gradient, expected, 10);
    expectClose((await run(by, { x, count: times(4) })).gradient, expected, 4);
  });

  it.each(['guided', 'deconv', 'straight-through'] as const)('is gone through by the rules %s', (name) => {
    const graph = grad(counted, { wrt: 'x', rules: name });
    const expected = interpret(grad(unrolled(3), { wrt: 'x', rules: name }), { x }).gradient;
    expectClose(interpret(graph, { x, count: times(3) }).gradient, expected, 10);
  });

  const without = (Object.keys(tables) as RuleTableName[]).filter((name) => /^(lrp|deep)/.test(name));
  it.each(without)('is refused by name by the rules %s', (name) => {
    expect(codeOf(() => grad(counted, { wrt: 'x', rules: name }))).toBe('op-no-gradient');
  });
});

/** x doubled until it is 100: nothing of it is needed backward but how often that was. */
const doubled = graphOf({
  inputs: [value('x', [])],
  outputs: [value('y', [])],
  constants: { limit: float32([], [100]) },
  nodes: [
    node('start = Less(x, limit)'),
    node(
      'y = Loop(, start, x)',
      body({
        carried: [value('h', [])],
        outputs: [value('next', [])],
        nodes: [node('next = Add(h, h)'), node('go = Less(next, limit)')],
      }),
    ),
  ],
});

describe('a Loop that runs until something is computed', () => {
  const gradient = grad(doubled);

  it.each([
    [150, 1],
    [60, 2],
    [1, 128],
  ])('from %d has the derivative %i', async (from, expected) => {
    const feeds = { x: numArray('float32', [], [from]) };
    expect([...interpret(gradient, feeds).gradient.data]).toEqual([expected]);
    expect([...(await run(gradient, feeds)).gradient.data]).toEqual([expected]);
  });
});

describe('a Loop whose carried value grows', () => {
  const growing = (next: string, dtype: Value['dtype']) =>
    graphOf({
      inputs: [value('x', [2]), value('list', [1], dtype), value('n', [], 'int64')],
      outputs: [value('y', [2])],
      nodes: [
        node(
          'y, lists = Loop(n, , x, list)',
          body({
            carried: [value('h', [2]), value('k', ['K'], dtype)],
            outputs: [value('next', [2]), value('k1', ['K1'], dtype)],
            nodes: [
              node('go = Identity(on)'),
              node('k1 = Concat(k, k)', { axis: attr.int(0) }),
              node('f = Cast(k)', { to: attr.int(1) }),
              node('r = ReduceSum(f)', { keepdims: attr.int(0) }),
              node(next),
            ],
          }),
        ),
      ],
    });

  it('is refused where that is a float or its iterations are needed backward', () => {
    const floats = () => grad(growing('next = Sin(h)', 'float32'), { wrt: 'x', of: 'y' });
    expect(floats).toThrow('its carried value "list" is not known to keep its shape');
    const needed = () => grad(growing('next = Mul(h, r)', 'int64'), { wrt: 'x', of: 'y' });
    expect(codeOf(needed)).toBe('op-no-gradient');
  });

  it('has a gradient where nothing needs it', () => {
    const graph = grad(growing('next = Sin(h)', 'int64'), { wrt: 'x', of: 'y' });
    const feeds = {
      x: numArray('float32', [2], [0.5, 1]),
      list: numArray('int64', [1], [1]),
      n: times(2),
    };
    const expected = [0.5, 1].map((at) => Math.cos(at) * Math.cos(Math.sin(at)));
    expectClose(interpret(graph, feeds).gradient, numArray('float32', [2], expected), 12);
  });
});
