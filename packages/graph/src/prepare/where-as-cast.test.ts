import { describe, expect, it } from 'vitest';
import { float32, graphOf, node, value } from '../../test/graphs.js';
import { grad } from '../autodiff/grad.js';
import { builderOf } from '../builder/build.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Constant, Graph } from '../ir/types.js';
import { whereAsCast } from './where-as-cast.js';

const ints = (...numbers: readonly number[]): Constant => ({
  dtype: 'int64',
  dims: [numbers.length],
  data: BigInt64Array.from(numbers, BigInt),
});

/** Where(c, ones, others), with the ones made of the number `one`. */
function choice({
  one = 1,
  other = 0,
  dims = ['N', 3],
}: {
  one?: number;
  other?: number;
  dims?: readonly (string | number)[];
}): Graph {
  return graphOf({
    inputs: [{ name: 'c', dtype: 'bool', dims }, value('x', ['N', 3])],
    outputs: [value('y', ['N', 3])],
    constants: { one: float32([], [one]), other: float32([], [other]), last: ints(1) },
    nodes: [
      node('shape = Shape(x)'),
      node('flat = Expand(one, shape)'),
      node('raised = Unsqueeze(flat, last)'),
      node('ones = Reshape(raised, shape)'),
      node('y = Where(c, ones, other)'),
    ],
  });
}

const rewritten = (graph: Graph): Graph => whereAsCast(graph, builderOf(graph).typeOf);
const last = ({ nodes }: Graph) => nodes[nodes.length - 1].op;

describe('whereAsCast', () => {
  it('casts the condition, which gives the same numbers', () => {
    const plain = choice({});
    const feeds = {
      c: numArray('bool', [2, 3], [0, 1, 1, 0, 0, 1]),
      x: numArray('float32', [2, 3], [9, 8, 7, 6, 5, 4]),
    };
    expect(last(rewritten(plain))).toBe('Cast');
    expect(interpret(rewritten(plain), feeds)).toEqual(interpret(plain, feeds));
  });

  it.each([
    ['other numbers than ones', choice({ one: 2 })],
    ['another number than 0 beside them', choice({ other: -0 })],
    ['a condition of another shape', choice({ dims: ['N', 1] })],
  ])('keeps %s', (_, graph) => {
    expect(last(rewritten(graph))).toBe('Where');
  });

  it('the gradient of a class makes no ones', () => {
    const graph = graphOf({
      inputs: [value('x', ['N', 3])],
      outputs: [value('y', ['N', 3])],
      nodes: [node('y = Exp(x)')],
    });
    expect(grad(graph).nodes.map(({ op }) => op)).not.toContain('Expand');
  });
});
