import { expect, it } from 'vitest';
import { graphOf, int64, node, value } from '../../test/graphs.js';
import { feedFor, runGraph } from '../../test/session.js';
import { attr } from '../builder/builder.js';
import type { Constant, Graph } from '../ir/types.js';
import { canonicalise } from './canonicalise.js';

interface Sketch {
  readonly timeFirst: boolean;
  readonly lengths: Constant;
  readonly rest?: readonly number[];
}

/** Two rows of three steps. */
function reversing({ timeFirst, lengths, rest = [] }: Sketch): Graph {
  const axes = { time_axis: attr.int(timeFirst ? 0 : 1), batch_axis: attr.int(timeFirst ? 1 : 0) };
  const dims = timeFirst ? [3, 2, ...rest] : [2, 3, ...rest];
  return graphOf({
    inputs: [value('x', dims)],
    outputs: [value('y', dims)],
    nodes: [node('y = ReverseSequence(x, lengths)', axes)],
    constants: { lengths },
  });
}

it.each([
  [true, [3, 3], ['Slice']],
  [false, [3, 3], ['Slice']],
  [true, [1, 2], ['GatherElements']],
  [false, [2, 3], ['GatherElements']],
])('reverses rows as ONNX Runtime does (time first: %s, lengths %s)', async (timeFirst, lengths, ops) => {
  for (const rest of [[], [2], [2, 2]]) {
    const graph = reversing({ timeFirst, lengths: int64(lengths), rest });
    const canonical = canonicalise(canonicalise(graph));
    expect(canonical.nodes.map(({ op }) => op).slice(-1)).toEqual(ops);
    const feeds = { x: feedFor('float32', timeFirst ? [3, 2, ...rest] : [2, 3, ...rest]) };
    expect((await runGraph(canonical, feeds)).y.data).toEqual((await runGraph(graph, feeds)).y.data);
  }
});

it('sees that lengths repeated for any batch are whole', () => {
  const graph = graphOf({
    inputs: [value('x', [3, 'N'])],
    outputs: [value('y', [3, 'N'])],
    nodes: [
      node('shape = Shape(x)'),
      node('time = Gather(shape, first)', { axis: attr.int(0) }),
      node('batch = Gather(shape, second)', { axis: attr.int(0) }),
      node('lengths = Expand(time, batch)'),
      node('y = ReverseSequence(x, lengths)'),
    ],
    constants: { first: int64([0]), second: int64([1]) },
  });
  expect(canonicalise(graph).nodes.map(({ op }) => op)).toEqual(['Slice']);
});

it('reverses as many rows as there are steps, each by its own length', async () => {
  for (const timeFirst of [true, false]) {
    const axes = { time_axis: attr.int(timeFirst ? 0 : 1), batch_axis: attr.int(timeFirst ? 1 : 0) };
    const graph = graphOf({
      inputs: [value('x', [3, 3, 2])],
      outputs: [value('y', [3, 3, 2])],
      nodes: [node('y = ReverseSequence(x, lengths)', axes)],
      constants: { lengths: int64([1, 3, 2]) },
    });
    const feeds = { x: feedFor('float32', [3, 3, 2]) };
    expect((await runGraph(canonicalise(graph), feeds)).y.data).toEqual(
      (await runGraph(graph, feeds)).y.data,
    );
  }
});
