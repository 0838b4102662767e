import { describe, expect, it } from 'vitest';
import { float32, graphOf, int64, node, value } from '../../test/graphs.js';
import { attr } from '../builder/builder.js';
import type { Attribute, Constant, Graph } from '../ir/types.js';
import { type NumArray, numArray } from './array.js';
import { interpret } from './interpret.js';

const body = (graph: Graph): Attribute => ({ kind: 'graph', value: graph });
const truth: Constant = { dtype: 'bool', dims: [], data: Uint8Array.of(1) };
const run = (graph: Graph, feeds: Record<string, NumArray>) =>
  Object.values(interpret(graph, feeds)).map(({ dims, data }) => ({ dims, data: [...data] }));

describe('If', () => {
  it('runs one branch only, which sees the values around it', () => {
    const graph = graphOf({
      inputs: [value('c', [], 'bool'), value('x', [2])],
      outputs: [value('y', [2])],
      nodes: [
        node('y = If(c)', {
          then_branch: body(graphOf({ outputs: [value('t', [2])], nodes: [node('t = Neg(x)')] })),
          else_branch: body(graphOf({ outputs: [value('e', [2])], nodes: [node('e = my:Unknown(x)')] })),
        }),
      ],
      opsets: { '': 18, my: 1 },
    });
    const feeds = { c: numArray('bool', [], [1]), x: numArray('float32', [2], [1, 2]) };
    expect(run(graph, feeds)).toEqual([{ dims: [2], data: [-1, -2] }]);
  });
});

describe('Loop', () => {
  /** Doubles a until it exceeds `limit`, at most `count` times; scans the values on the way. */
  const doubling = graphOf({
    inputs: [value('count', [], 'int64'), value('a', [1]), value('limit', [1])],
    outputs: [value('last', [1]), value('way', ['K', 1])],
    constants: { go: truth, two: float32([], [2]), none: int64([]) },
    nodes: [
      node('last, way = Loop(count, go, a)', {
        body: body(
          graphOf({
            inputs: [value('i', [], 'int64'), value('c', [], 'bool'), value('v', [1])],
            outputs: [value('on', [], 'bool'), value('w', [1]), value('seen', [1])],
            nodes: [
              node('w = Mul(v, two)'),
              node('seen = Identity(w)'),
              node('less = Less(w, limit)'),
              node('on = Reshape(less, none)'),
            ],
          }),
        ),
      }),
    ],
  });
  const feeds = (count: number, limit: number) => ({
    count: numArray('int64', [], [count]),
    a: numArray('float32', [1], [1]),
    limit: numArray('float32', [1], [limit]),
  });

  it('stops at its count', () => {
    expect(run(doubling, feeds(3, 100))).toEqual([
      { dims: [1], data: [8] },
      { dims: [3, 1], data: [2, 4, 8] },
    ]);
  });

  it('gives an empty scan of the declared dims when it never runs', () => {
    expect(run(doubling, feeds(0, 100))).toEqual([
      { dims: [1], data: [1] },
      { dims: [0, 1], data: [] },
    ]);
  });

  it('stops when its condition turns false', () => {
    expect(run(doubling, feeds(10, 4))).toEqual([
      { dims: [1], data: [4] },
      { dims: [2, 1], data: [2, 4] },
    ]);
  });
});

describe('Scan', () => {
  /** Running sums of the slices of x along an axis. */
  const sums = (attributes: Record<string, Attribute>) =>
    graphOf({
      inputs: [value('s', [2]), value('x', ['A', 'B'])],
      outputs: [value('total', [2]), value('y', ['P', 'Q'])],
      nodes: [
        node('total, y = Scan(s, x)', {
          num_scan_inputs: attr.int(1),
          ...attributes,
          body: body(
            graphOf({
              inputs: [value('a', [2]), value('b', [2])],
              outputs: [value('c', [2]), value('d', [2])],
              nodes: [node('c = Add(a, b)'), node('d = Identity(c)')],
            }),
          ),
        }),
      ],
    });
  const state = numArray('float32', [2], [0, 0]);

  it('carries its state through the slices of the first axis', () => {
    const x = numArray('float32', [3, 2], [1, 2, 3, 4, 5, 6]);
    expect(run(sums({}), { s: state, x })).toEqual([
      { dims: [2], data: [9, 12] },
      { dims: [3, 2], data: [1, 2, 4, 6, 9, 12] },
    ]);
  });

  it('runs backwards over another axis and stacks along another axis', () => {
    const x = numArray('float32', [2, 3], [1, 3, 5, 2, 4, 6]);
    const graph = sums({
      scan_input_axes: attr.ints([1]),
      scan_input_directions: attr.ints([1]),
      scan_output_axes: attr.ints([-1]),
      scan_output_directions: attr.ints([1]),
    });
    expect(run(graph, { s: state, x })).toEqual([
      { dims: [2], data: [9, 12] },
      { dims: [2, 3], data: [9, 8, 5, 12, 10, 6] },
    ]);
  });
});
