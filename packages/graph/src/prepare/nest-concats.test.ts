import { describe, expect, it } from 'vitest';
import { graphOf, node, value } from '../../test/graphs.js';
import { attr } from '../builder/builder.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Node } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { nestConcats } from './nest-concats.js';

const joined = (text: string, axis: number): Node => node(text, { axis: attr.int(axis) });

const dense = graphOf({
  inputs: ['a', 'b', 'c', 'd'].map((name, i) => value(name, ['N', i + 1])),
  outputs: [value('z', undefined), value('w', undefined)],
  nodes: [
    joined('x = Concat(a, b)', 1),
    joined('y = Concat(a, b, c)', 1),
    joined('z = Concat(a, b, c, d)', 1),
    node('e = Neg(y)'),
    joined('w = Concat(b, c, e)', 1),
  ],
});

const feeds = Object.fromEntries(
  ['a', 'b', 'c', 'd'].map((name, i) => [
    name,
    numArray(
      'float32',
      [2, i + 1],
      Float64Array.from({ length: 2 * (i + 1) }, (_, k) => 10 * i + k),
    ),
  ]),
);

describe('nestConcats', () => {
  it('starts with the longest earlier Concat and changes no value', () => {
    const nested = nestConcats(dense);
    verify(nested);
    expect(nested.nodes.map(({ inputs }) => inputs)).toEqual([
      ['a', 'b'],
      ['x', 'c'],
      ['y', 'd'],
      ['y'],
      ['b', 'c', 'e'],
    ]);
    expect(interpret(nested, feeds)).toEqual(interpret(dense, feeds));
  });

  it('does not reuse a Concat along another axis', () => {
    const nodes = [joined('x = Concat(a, a)', 0), joined('y = Concat(a, a, a)', 1)];
    const graph = graphOf({
      inputs: [value('a', ['N', 2])],
      outputs: [value('x', undefined), value('y', undefined)],
      nodes,
    });
    expect(nestConcats(graph).nodes[1].inputs).toEqual(['a', 'a', 'a']);
  });
});
