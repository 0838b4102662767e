import { expect, it } from 'vitest';
import { graphOf, int64, node, value } from '../../../test/graphs.js';
import { difference, feedFor, runGraph } from '../../../test/session.js';
import { coverage } from '../../autodiff/coverage.js';
import { attr } from '../../builder/builder.js';
import { constantFrom } from '../../ir/constant.js';
import { isOp } from '../../ir/ops.js';
import type { Constant, Graph, Node } from '../../ir/types.js';
import { verify } from '../../ir/verify.js';
import { canonicalise } from '../canonicalise.js';

const at = (place: number): Constant => constantFrom('int64', [], [place]);

/** A model of opset 15 that makes y of x [4, 3]. */
function model(nodes: readonly Node[], constants: Readonly<Record<string, Constant>> = {}): Graph {
  return graphOf({
    inputs: [value('x', [4, 3])],
    outputs: [value('y', undefined)],
    nodes,
    constants: { first: at(0), last: at(-1), two: at(2), ...constants },
    opsets: { '': 15 },
  });
}

const models: Readonly<Record<string, Graph>> = {
  'parts of one size, read and joined': model([
    node('s = SplitToSequence(x, two)', { axis: attr.int(1) }),
    node('a = SequenceAt(s, first)'),
    node('b = SequenceAt(s, last)'),
    node('y = Concat(b, a)', { axis: attr.int(-1) }),
  ]),
  'rows without their axis, stacked': model([
    node('s = SplitToSequence(x)', { keepdims: attr.int(0) }),
    node('t = SequenceErase(s, first)'),
    node('u = SequenceAt(s, two)'),
    node('n = Exp(u)'),
    node('v = SequenceInsert(t, n, last)'),
    node('y = ConcatFromSequence(v)', { axis: attr.int(-1), new_axis: attr.int(1) }),
  ]),
  'parts of given sizes': model(
    [node('s = SplitToSequence(x, sizes)'), node('y = ConcatFromSequence(s)', { axis: attr.int(0) })],
    { sizes: int64([1, 3]) },
  ),
  'a sequence built up from nothing, and its length': model([
    node('e = SequenceEmpty()'),
    node('s = SequenceInsert(e, x)'),
    node('t = SequenceInsert(s, x, first)'),
    node('n = SequenceLength(t)'),
    node('f = CastLike(n, x)'),
    node('c = ConcatFromSequence(t)', { axis: attr.int(1) }),
    node('y = Mul(c, f)'),
  ]),
  'an optional value': model([
    node('o = Optional(x)'),
    node('h = OptionalHasElement(o)'),
    node('g = OptionalGetElement(o)'),
    node('f = CastLike(h, x)'),
    node('y = Mul(g, f)'),
  ]),
};

it.each(Object.entries(models))('resolves %s', async (_, graph) => {
  const canonical = canonicalise(graph);
  verify(canonical);
  expect(canonical.nodes.filter(({ op, domain }) => !isOp(op, domain))).toEqual([]);
  const feeds = { x: feedFor('float32', [4, 3]) };
  const [expected, got] = [await runGraph(graph, feeds), await runGraph(canonical, feeds)];
  expect(difference(expected.y, got.y)).toBeLessThan(1e-6);
});

it('leaves a sequence that is read at a place known only when it runs, which is refused by name', () => {
  const open = model([
    node('s = SplitToSequence(x, two)'),
    node('p = ReduceMax(x)', { keepdims: attr.int(0) }),
    node('i = Cast(p)', { to: attr.int(7) }),
    node('y = SequenceAt(s, i)'),
  ]);
  const statuses = coverage(open, { wrt: 'x', of: 'y' }).map(({ op, status }) => `${op} ${status}`);
  expect(statuses).toContain('SequenceAt unknown');
});
