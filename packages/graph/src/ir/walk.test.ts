import { expect, it } from 'vitest';
import { graphOf, node, value } from '../../test/graphs.js';
import type { Graph } from './types.js';
import { mapGraphs, nodesInGraphs, nodesWithin, producersOf } from './walk.js';

const inner = (...texts: readonly string[]): Graph =>
  graphOf({ nodes: texts.map((text) => node(text)), outputs: [value('z', undefined)] });

const branches = node('y = If(c)', {
  then_branch: { kind: 'graph', value: inner('a = Neg(x)', 'z = Relu(a)') },
  note: { kind: 'string', value: 'kept' },
  else_branch: { kind: 'graph', value: inner('z = Abs(x)') },
});
const outer = graphOf({ nodes: [node('c, d = Split(x)'), branches] });

it('lists the nodes of inner graphs after the node that holds them', () => {
  expect(nodesWithin(outer.nodes).map(({ op }) => op)).toEqual(['Split', 'If', 'Neg', 'Relu', 'Abs']);
  const holders = nodesInGraphs(outer).map(({ node: { op }, graph }) => [op, graph.nodes.length]);
  expect(holders).toEqual([
    ['Split', 2],
    ['If', 2],
    ['Neg', 2],
    ['Relu', 2],
    ['Abs', 1],
  ]);
});

it('finds the producer of every output of a node, and none of an input', () => {
  const producers = producersOf(outer.nodes);
  expect(['c', 'd', 'y', 'x'].map((name) => producers.get(name)?.op)).toEqual([
    'Split',
    'Split',
    'If',
    undefined,
  ]);
});

it('changes each inner graph and nothing else', () => {
  const changed = mapGraphs(branches, (graph) => ({ ...graph, name: `${graph.nodes.length}` }));
  const names = Object.values(changed.attributes).map((each) =>
    each.kind === 'graph' ? each.value.name : each.value,
  );
  expect(names).toEqual(['2', 'kept', '1']);
  expect(Object.keys(changed.attributes)).toEqual(Object.keys(branches.attributes));
});

it('gives the node itself where no inner graph changes', () => {
  expect(mapGraphs(branches, (graph) => graph)).toBe(branches);
  expect(mapGraphs(outer.nodes[0], () => inner())).toBe(outer.nodes[0]);
});
