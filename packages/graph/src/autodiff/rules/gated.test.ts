import { describe, expect, it } from 'vitest';
import { project } from '../../../test/central-differences.js';
import { float32, graphOf, node, value } from '../../../test/graphs.js';
import { random } from '../../../test/samples/make.js';
import { interpret } from '../../interpreter/interpret.js';
import type { Graph } from '../../ir/types.js';
import { grad } from '../grad.js';
import { hvp } from '../hvp.js';
import { ruleTable } from '../tables/index.js';
import type { RuleTable } from './rule.js';

const scalar = (number: number) => float32([], [number]);

const graphWith = (...nodes: readonly string[]): Graph =>
  graphOf({
    inputs: [value('x', [2, 5])],
    outputs: [value('y', undefined)],
    constants: {
      root: scalar(Math.SQRT2),
      inverse: scalar(Math.SQRT1_2),
      one: scalar(1),
      half: scalar(0.5),
      minus: scalar(-1),
    },
    nodes: nodes.map((text) => node(text)),
  });

/** Swish and GELU as exporters write them. */
const gated: Readonly<Record<string, Graph>> = {
  'Swish': graphWith('s = Sigmoid(x)', 'y = Mul(x, s)'),
  'Swish, gate first': graphWith('s = Sigmoid(x)', 'y = Mul(s, x)'),
  'GELU of PyTorch': graphWith('u = Div(x, root)', 'e = Erf(u)', 'c = Add(e, one)', 'p = Mul(x, c)', 'y = Mul(p, half)'),
  'GELU, half first': graphWith('u = Mul(inverse, x)', 'e = Erf(u)', 'c = Add(one, e)', 'h = Mul(x, half)', 'y = Mul(h, c)'),
  'GELU of the half': graphWith('h = Mul(x, half)', 'u = Mul(h, root)', 'e = Erf(u)', 'c = Add(e, one)', 'y = Mul(c, h)'),
  'GELU without a scale': graphWith('e = Erf(x)', 'c = Add(e, one)', 'y = Mul(c, x)'),
}; // biome-ignore format: one line each

/** Products that only look like them. */
const others: Readonly<Record<string, Graph>> = {
  'the gate of another value': graphWith('t = Tanh(x)', 's = Sigmoid(t)', 'y = Mul(x, s)'),
  'an error function plus 1/2': graphWith('e = Erf(x)', 'c = Add(e, half)', 'y = Mul(x, c)'),
  'an error function of the negative': graphWith('u = Mul(x, minus)', 'e = Erf(u)', 'c = Add(e, one)', 'y = Mul(x, c)'),
}; // biome-ignore format: one line each

/** The derivative with a product rule that goes through each factor. */
const plain: RuleTable = {
  ...ruleTable('gradient'),
  Mul: (b, { inputs: [x, y] }, dy) => [b.mul(dy, y), b.mul(dy, x)],
};

const x = random([2, 5], 501, [-3, 3]);

function expectSame(graph: Graph, wrt: readonly string[]): void {
  const { graph: projected, feeds, of } = project(graph, { x }, ['y']);
  const [got, expected] = [undefined, plain].map((table) =>
    interpret(grad(projected, { of, wrt, table }), feeds),
  );
  expect(Object.keys(got)).toEqual(Object.keys(expected));
  for (const [name, { data }] of Object.entries(got))
    data.forEach((each, i) => {
      expect(each, name).toBeCloseTo(Number(expected[name].data[i]), 6);
    });
}

const size = (graph: Graph, table?: RuleTable): number => {
  const { graph: projected, of } = project(graph, { x }, ['y']);
  return grad(projected, { of, wrt: 'x', table }).nodes.length;
};

describe('the derivative of a product with a gate', () => {
  it.each(Object.entries(gated))('is that through each factor, in fewer nodes: %s', (_, graph) => {
    expectSame(graph, ['x']);
    expect(size(graph)).toBeLessThan(size(graph, plain));
  });

  it.each(Object.entries(others))('is left to each factor for %s', (_, graph) => {
    expectSame(graph, ['x']);
    expect(size(graph)).toBe(size(graph, plain));
  });

  it('counts a gate that has other readers once', () => {
    expectSame(graphWith('s = Sigmoid(x)', 'p = Mul(x, s)', 'y = Add(p, s)'), ['x']);
  });

  it('gives values inside the gate their own gradients', () => {
    expectSame(gated.Swish, ['x', 's']);
    for (const inner of ['u', 'e', 'c']) expectSame(gated['GELU of PyTorch'], ['x', inner]);
  });

  it('can be differentiated again', () => {
    for (const graph of [gated.Swish, gated['GELU of PyTorch']]) {
      const { graph: projected, feeds, of } = project(graph, { x }, ['y']);
      const vector = random([2, 5], 502, [-1, 1]);
      const [got, expected] = [undefined, plain].map(
        (table) => interpret(hvp(projected, { of, wrt: 'x', table }), { ...feeds, vector }).product.data,
      );
      got.forEach((each, i) => {
        expect(each).toBeCloseTo(Number(expected[i]), 6);
      });
    }
  });
});
