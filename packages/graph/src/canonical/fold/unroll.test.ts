import { expect, it } from 'vitest';
import { graphOf, int64, node, value } from '../../../test/graphs.js';
import { feedFor, runGraph } from '../../../test/session.js';
import { attr } from '../../builder/builder.js';
import type { Constant, Graph, Node, Value } from '../../ir/types.js';
import { verify } from '../../ir/verify.js';
import { canonicalise } from '../canonicalise.js';

const float = (data: number): Constant => ({ dtype: 'float32', dims: [], data: Float32Array.of(data) });
const bool = (data: number): Constant => ({ dtype: 'bool', dims: [], data: Uint8Array.of(data) });
const header = (prefix: string): readonly Value[] => [
  value(`${prefix}i`, [], 'int64'),
  value(`${prefix}go`, [], 'bool'),
  value(`${prefix}state`, undefined),
];

interface Sketch {
  readonly condition: readonly Node[];
  readonly bound?: number;
  readonly constants?: Readonly<Record<string, Constant>>;
}

/** state = tanh(state * factor + x[i]) while `condition` makes "on" true; also collects 2 * state. */
function loop({ condition, bound = 100, constants = {} }: Sketch): Graph {
  const body = graphOf({
    inputs: header(''),
    nodes: [
      node('row = Gather(x, i)', { axis: attr.int(1) }),
      node('scaled = Mul(state, factor)'),
      node('sum = Add(scaled, row)'),
      node('next = Tanh(sum)'),
      node('twice = Add(next, next)'),
      ...condition,
    ],
    constants: { factor: float(0.5) },
    outputs: [value('on', [], 'bool'), value('next', undefined), value('twice', undefined)],
  });
  return graphOf({
    inputs: [value('x', ['N', 4])],
    outputs: [value('last', ['N']), value('all', undefined)],
    nodes: [
      node('start = Gather(x, zero)', { axis: attr.int(1) }),
      node('last, all = Loop(bound, go, start)', { body: { kind: 'graph', value: body } }),
    ],
    constants: {
      bound: int64([bound], []),
      zero: int64([0], []),
      three: int64([3], []),
      go: bool(1),
      ...constants,
    },
  });
}

const ops = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);
const upToThree = [node('on = Less(i, three)')];
const always = [node('on = Identity(go)')];

async function expectSame(graph: Graph, canonical: Graph): Promise<void> {
  verify(canonical);
  const feeds = { x: feedFor('float32', [2, 4]) };
  const [before, after] = [await runGraph(graph, feeds), await runGraph(canonical, feeds)];
  expect(after.last.data).toEqual(before.last.data);
  expect(after.all.dims).toEqual(before.all.dims);
  expect(after.all.data).toEqual(before.all.data);
}

it.each([
  ['its bound', loop({ condition: always, bound: 3 }), 3],
  ['its condition', loop({ condition: upToThree }), 4],
  ['whichever comes first', loop({ condition: upToThree, bound: 2 }), 2],
])('unrolls a loop that ends by %s, with the values of the loop', async (_, graph, trips) => {
  const canonical = canonicalise(graph);
  expect(ops(canonical).filter((op) => op === 'Tanh')).toHaveLength(trips);
  expect(ops(canonical)).not.toContain('Loop');
  await expectSame(graph, canonical);
});

it('writes the constants of the body once', () => {
  const constants = [...canonicalise(loop({ condition: always, bound: 4 })).constants.values()];
  expect(constants.filter(({ dtype }) => dtype === 'float32')).toHaveLength(1);
});

it('keeps a loop whose end depends on the data', () => {
  const condition = [node('top = ReduceMax(next)', { keepdims: attr.int(0) }), node('on = Less(top, limit)')];
  const graph = loop({ condition, bound: 3, constants: { limit: float(10) } });
  expect(ops(canonicalise(graph))).toContain('Loop');
});

it('keeps a loop that collects values but never runs, and one that would be too long', () => {
  expect(ops(canonicalise(loop({ condition: always, bound: 0 })))).toContain('Loop');
  const endless = canonicalise(loop({ condition: always, bound: 10_000 }));
  expect(ops(endless)).toContain('Loop');
});
