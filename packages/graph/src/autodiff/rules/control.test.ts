import { describe, expect, it } from 'vitest';
import { codeOf, float32, graphOf, node, value } from '../../../test/graphs.js';
import { attr } from '../../builder/builder.js';
import { numArray } from '../../interpreter/array.js';
import { interpret } from '../../interpreter/interpret.js';
import type { Attribute, Graph, Node } from '../../ir/types.js';
import { coverage } from '../coverage.js';
import { grad } from '../grad.js';

const body = (graph: Graph): Attribute => ({ kind: 'graph', value: graph });

/** s' = s u over the slices of x, from s = start; the score is the last s. */
const product = (inner: readonly Node[]): Graph =>
  graphOf({
    inputs: [value('x', ['T', 2])],
    outputs: [value('last', [2])],
    constants: { start: float32([2], [1, 1]) },
    nodes: [
      node('last = Scan(start, x)', {
        num_scan_inputs: attr.int(1),
        body: body(
          graphOf({ inputs: [value('s', [2]), value('u', [2])], outputs: [value('t', [2])], nodes: inner }),
        ),
      }),
    ],
  });

describe('the gradient of Scan', () => {
  const graph = grad(product([node('t = Mul(s, u)')]), { wrt: 'x' });

  it('is the product of the other slices where the Scan multiplies them', () => {
    const x = numArray('float32', [3, 2], [2, 3, 5, 7, 11, 13]);
    expect([...interpret(graph, { x }).gradient.data]).toEqual([55, 91, 22, 39, 10, 21]);
  });

  it('reads as many slices as there are, one included', () => {
    expect([...interpret(graph, { x: numArray('float32', [1, 2], [2, 3]) }).gradient.data]).toEqual([1, 1]);
  });

  it('lists the nodes inside, and refuses by name what has no rule there', () => {
    const odd = { ...product([node('m = Mul(s, u)'), node('t = TfIdfVectorizer(m)')]), opsets: { '': 18 } };
    const statuses = coverage(odd, { wrt: 'x' }).map(({ op, status }) => `${op} ${status}`);
    expect(statuses).toEqual(['Scan rule', 'Mul rule', 'TfIdfVectorizer unknown']);
    expect(codeOf(() => grad(odd, { wrt: 'x' }))).toBe('op-unknown');
  });
});

describe('the gradient of If', () => {
  const graph = graphOf({
    inputs: [value('c', [], 'bool'), value('x', ['N'])],
    outputs: [value('y', ['N'])],
    constants: { two: float32([], [2]) },
    nodes: [
      node('y = If(c)', {
        then_branch: body(graphOf({ outputs: [value('a', ['N'])], nodes: [node('a = Mul(x, x)')] })),
        else_branch: body(
          graphOf({
            outputs: [value('b', ['N'])],
            nodes: [node('h = Shape(x)'), node('b = Expand(two, h)')],
          }),
        ),
      }),
    ],
  });
  const gradient = grad(graph, { wrt: 'x' });
  const at = (c: number) => [
    ...interpret(gradient, { c: numArray('bool', [], [c]), x: numArray('float32', [2], [3, 5]) }).gradient
      .data,
  ];

  it('is that of the branch taken, zero where it does not read the input', () => {
    expect(at(1)).toEqual([6, 10]);
    expect(at(0)).toEqual([0, 0]);
  });
});

describe('the gradient of Loop', () => {
  const gradient = grad(
    graphOf({
      inputs: [value('n', [], 'int64'), value('x', [2])],
      outputs: [value('y', [2])],
      nodes: [
        node('y = Loop(n, , x)', {
          body: body(
            graphOf({
              inputs: [value('i', [], 'int64'), value('on', [], 'bool'), value('a', [2])],
              outputs: [value('go', [], 'bool'), value('b', [2])],
              nodes: [node('go = Identity(on)'), node('b = Mul(a, a)')],
            }),
          ),
        }),
      ],
    }),
    { wrt: 'x' },
  );

  it.each([0, 1, 2, 3])('is that of squaring as often as it ran: %i times', (n) => {
    const feeds = { n: numArray('int64', [], [n]), x: numArray('float32', [2], [2, -1]) };
    const power = 2 ** n;
    const expected = [2, -1].map((x) => power * x ** (power - 1));
    expect([...interpret(gradient, feeds).gradient.data]).toEqual(expected);
  });
});
