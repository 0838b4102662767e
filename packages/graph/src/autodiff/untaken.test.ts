import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, test } from 'vitest';
import { directionalDerivative, type Feeds, gradients, project } from '../../test/central-differences.js';
import { float32, graphOf, int64, node, value } from '../../test/graphs.js';
import { run } from '../../test/session.js';
import { attr } from '../builder/builder.js';
import {
  canonicalise,
  grad,
  hvp,
  interpret,
  jvp,
  type Node,
  type NumArray,
  numArray,
  read,
} from '../index.js';

const constants = {
  zero: float32([], [0]),
  half: float32([], [0.5]),
  one: float32([], [1]),
  ten: float32([], [10]),
  low: float32([], [-5]),
  axis: int64([1]),
};

/** y = the nodes of x [2, 3]. */
const graphFrom = (...nodes: readonly (string | Node)[]) =>
  graphOf({
    inputs: [value('x', [2, 3])],
    outputs: [value('y', [2, 3])],
    constants,
    nodes: nodes.map((each) => (typeof each === 'string' ? node(each) : each)),
  });

const POINTS = [-2, -0.5, 0.3, 1.7, 200, -90];
const x = numArray('float32', [2, 3], POINTS);
const positive = 'c = Greater(x, zero)';

/** Functions that are smooth at the points, written so that the branch that is not taken there is infinite or no number. */
const guarded: Readonly<Record<string, readonly (string | Node)[]>> = {
  'Log of a negative': [positive, 'u = Log(x)', 'y = Where(c, u, zero)'],
  'Log in the second branch': ['c = LessOrEqual(x, zero)', 'u = Log(x)', 'y = Where(c, zero, u)'],
  'Sqrt of a negative': [positive, 'u = Sqrt(x)', 'y = Where(c, u, x)'],
  'a root by Pow': [positive, 'u = Pow(x, half)', 'y = Where(c, u, zero)'],
  'a product with a factor that is no number': [
    positive,
    'l = Log(x)',
    'u = Mul(x, l)',
    'y = Where(c, u, zero)',
  ],
  'a quotient whose divisor is no number': [
    positive,
    'l = Sqrt(x)',
    'u = Div(x, l)',
    'y = Where(c, u, zero)',
  ],
  'Exp that overflows': ['c = Less(x, ten)', 'e = Exp(x)', 'y = Where(c, e, x)'],
  'a chain before the choice': [positive, 'l = Log(x)', 's = Sqrt(l)', 't = Tanh(l)', 'y = Where(c, t, x)'],
  'choices inside each other': [
    positive,
    'big = Greater(x, one)',
    'l = Log(x)',
    's = Sqrt(l)',
    'i = Where(big, s, x)',
    'y = Where(c, i, zero)',
  ],
  'a value that is replaced where it is no number': ['l = Log(x)', 'c = IsNaN(l)', 'y = Where(c, x, l)'],
  'both branches of one condition': [
    positive,
    'n = Neg(x)',
    'a = Log(x)',
    'b = Log(n)',
    'y = Where(c, a, b)',
  ],
  'Max with a bound': ['r = Relu(x)', 'l = Log(r)', 'y = Max(l, low)'],
  'Clip to a bound': ['r = Relu(x)', 'l = Log(r)', 'y = Clip(l, low)'],
  'a reshaped branch': [
    positive,
    'l = Sqrt(x)',
    'm = Mul(l, l)',
    node('t = Transpose(m)', { perm: attr.ints([1, 0]) }),
    node('u = Transpose(t)', { perm: attr.ints([1, 0]) }),
    'y = Where(c, u, zero)',
  ],
};

/** float32 overflows where the interpreter's float64 does not. */
const feedsOf = (name: string): Feeds =>
  name.startsWith('Exp') ? { x: numArray('float32', [2, 3], [-2, -0.5, 0.3, 1.7, 2000, 900]) } : { x };

describe('the gradient of a choice', () => {
  for (const [name, nodes] of Object.entries(guarded)) {
    const graph = graphFrom(...nodes);
    const feeds = feedsOf(name);

    test(`is the difference quotient beside ${name}`, () => {
      const projected = project(graph, feeds, ['y']);
      const first = gradients(projected, ['x']);
      for (const number of [1, 2]) {
        const derivative = directionalDerivative(projected, 'x', { gradient: first.values[0], number });
        expectClose(derivative.byGradient, derivative.byDifference);
      }
    });

    test(`has a gradient of its own beside ${name}`, () => {
      const first = gradients(project(graph, feeds, ['y']), ['x']);
      const again = project(first.graph, project(graph, feeds, ['y']).feeds, first.names);
      const second = gradients(again, ['x']);
      const derivative = directionalDerivative(again, 'x', { gradient: second.values[0], number: 1 });
      expectClose(derivative.byGradient, derivative.byDifference);
    });

    test(`is the same in ONNX Runtime beside ${name}`, async () => {
      const projected = project(graph, feeds, ['y']);
      const gradient = grad(projected.graph, { of: projected.of, wrt: 'x' });
      const [expected, got] = [
        interpret(gradient, projected.feeds).gradient,
        (await run(gradient, projected.feeds)).gradient,
      ];
      [...expected.data].forEach((each, i) => {
        expect(Math.abs(each - got.data[i])).toBeLessThan(1e-4 * Math.max(1, Math.abs(each)));
      });
    });
  }

  it('is the difference quotient along a tangent and in products with the Hessian', () => {
    const graph = graphFrom(positive, 'l = Log(x)', 'u = Mul(x, l)', 'y = Where(c, u, zero)');
    const ones = numArray('float32', [2, 3], [1, 1, 1, 1, 1, 1]);
    const slope = POINTS.map((at) => (at > 0 ? Math.log(at) + 1 : 0));
    const curvature = POINTS.map((at) => (at > 0 ? 1 / at : 0));
    expectAll(interpret(jvp(graph), { x, tangent: ones }).derivative, slope);
    const sum = graphOf({
      ...graph,
      constants,
      outputs: [value('s', [2])],
      nodes: [...graph.nodes, node('s = ReduceSum(y, axis)', { keepdims: attr.int(0) })],
    });
    expectAll(interpret(hvp(sum), { x, vector: ones }).product, curvature);
  });

  it('is 0 along a lane of a softmax of which nothing was taken', () => {
    const graph = graphFrom(
      'l = Log(x)',
      node('p = Softmax(l)', { axis: attr.int(-1) }),
      'c = IsNaN(p)',
      'y = Where(c, zero, p)',
    );
    const rows = numArray('float32', [2, 3], [1, 2, 5, -1, -1, -1]);
    const projected = project(graph, { x: rows }, ['y']);
    const first = gradients(projected, ['x']);
    const derivative = directionalDerivative(projected, 'x', { gradient: first.values[0], number: 1 });
    expectClose(derivative.byGradient, derivative.byDifference);
    expect([...first.values[0].data].slice(3)).toEqual([0, 0, 0]);
    expect([...first.values[0].data].slice(0, 3)).not.toContain(0);
  });

  it('is 0 along a lane of a norm that was replaced', () => {
    const graph = graphFrom(
      node('q = ReduceSumSquare(x, axis)', { keepdims: attr.int(1) }),
      'r = Sqrt(q)',
      'u = Div(x, r)',
      'c = IsNaN(u)',
      'y = Where(c, zero, u)',
    );
    const rows = numArray('float32', [2, 3], [1, 2, 5, 0, 0, 0]);
    const { values } = gradients(project(graph, { x: rows }, ['y']), ['x']);
    expect([...values[0].data].slice(3)).toEqual([0, 0, 0]);
    expect([...values[0].data].slice(0, 3).every((each) => Number.isFinite(each) && each !== 0)).toBe(true);
  });

  it.each([
    ['Reciprocal', ['p = Reciprocal(d)']],
    ['Div', ['p = Div(one, d)']],
  ])(
    'is p (1 - p) for a sigmoid that is written out with %s, also where its exponential overflows',
    async (_, last) => {
      const graph = graphFrom('n = Neg(x)', 'e = Exp(n)', 'd = Add(e, one)', ...last, 'y = Identity(p)');
      const points = [-1000, -90, -3, 0.5, 20, 1000];
      const feeds = { x: numArray('float32', [2, 3], points) };
      const { graph: projected, feeds: all, of } = project(graph, feeds, ['y']);
      const weights = gradients(project(graphFrom('y = Identity(x)'), feeds, ['y']), ['x']).values[0].data;
      const expected = points.map((z, i) => weights[i] / (1 + Math.exp(-z)) / (1 + Math.exp(z)));
      const gradient = grad(projected, { of, wrt: 'x' });
      const exact = interpret(gradient, all).gradient;
      const found = (await run(gradient, all)).gradient;
      for (const [i, each] of expected.entries()) {
        expect(Math.abs(exact.data[i] - each)).toBeLessThanOrEqual(1e-12 * Math.abs(each));
        expect(Math.abs(found.data[i] - each)).toBeLessThanOrEqual(1e-5 * Math.abs(each) + 1e-38);
      }
      const second = gradients(project(gradient, all, ['gradient']), ['x']).values[0];
      expect([...second.data].every(Number.isFinite)).toBe(true);
    },
  );

  it('is not 0 through the other operand of a quotient whose divisor overflowed', () => {
    const graph = graphFrom('e = Exp(x)', 'd = Add(e, one)', 'q = Div(d, ten)', 'y = Identity(q)');
    const feeds = { x: numArray('float32', [2, 3], [-1, 0, 1, 2, 3, 4]) };
    const { values } = gradients(project(graph, feeds, ['y']), ['x']);
    expect([...values[0].data]).not.toContain(0);
  });

  it('stays no number where the value was taken, as in PyTorch', () => {
    const zeros = numArray('float32', [2, 3], [0, 0, 0, 4, 4, 4]);
    const inside = graphFrom(
      'c = GreaterOrEqual(x, zero)',
      's = Sqrt(x)',
      'q = Mul(s, s)',
      'y = Where(c, q, zero)',
    );
    expect(
      [...gradients(project(inside, { x: zeros }, ['y']), ['x']).values[0].data].map(Number.isNaN),
    ).toEqual([...[true, true, true], ...[false, false, false]]);
    const beside = graphFrom(positive, 's = Sqrt(x)', 'b = Where(c, s, zero)', 'y = Add(b, s)');
    const { values } = gradients(project(beside, { x: zeros }, ['y']), ['x']);
    expect([...values[0].data].slice(0, 3).some(Number.isFinite)).toBe(false);
  });

  it('costs no node where no branch can be infinite, or where a mask chooses', () => {
    const count = (...nodes: readonly (string | Node)[]) =>
      grad(graphFrom(...nodes, node('s = ReduceSum(y, axis)', { keepdims: attr.int(0) })), { of: 'y' }).nodes;
    const finite = count(positive, 't = Tanh(x)', 'u = Mul(t, x)', 'y = Where(c, u, zero)');
    expect(finite.filter(({ op }) => op === 'Where')).toHaveLength(WHERES.one);
    const masked = count('c = Greater(ten, zero)', 'u = Log(x)', 'y = Where(c, u, zero)');
    expect(masked.filter(({ op }) => op === 'Where').length).toBeLessThanOrEqual(WHERES.one);
    const open = count(positive, 'u = Log(x)', 'y = Where(c, u, zero)');
    expect(open.filter(({ op }) => op === 'Where')).toHaveLength(WHERES.one + 1);
  });
});

/** The pick of the target, the choice, and their cotangents. */
const WHERES = { one: 3 };

function expectClose(byGradient: number, byDifference: number): void {
  expect(Math.abs(byGradient - byDifference), `${byGradient}, by differences ${byDifference}`).toBeLessThan(
    1e-5 * Math.max(1, Math.abs(byDifference)),
  );
}

function expectAll({ data }: NumArray, expected: readonly number[]): void {
  for (const [i, each] of expected.entries()) expectClose(data[i], each);
}

const handed = join(import.meta.dirname, '../../../../../shared/cases/doubts/power-transformer.onnx');

describe.skipIf(!existsSync(handed))(`a pipeline with a power transformer (${handed})`, () => {
  it('has the gradient of its difference quotients where one branch is no number', () => {
    const graph = canonicalise(read(readFileSync(handed)));
    const at = numArray('float32', [1, 3], [0.34558418, 0.82161814, 2]);
    const of = 'output_probability';
    for (const k of [0, 1]) {
      const target = numArray('int64', [1], [k]);
      const { gradient } = interpret(grad(graph, { of }), { X: at, target });
      [...gradient.data].forEach((each, i) => {
        const h = 1e-5;
        const f = (by: number) =>
          interpret(graph, { X: { ...at, data: at.data.map((v, j) => (j === i ? v + by : v)) } })[of].data[k];
        expectClose(each, (f(h) - f(-h)) / (2 * h));
      });
    }
  });
});
