import { describe, expect, it } from 'vitest';
import { float32, graphOf, int64, node, value } from '../../test/graphs.js';
import { attr, flatnessOf, type Graph, type Node, randomNodes, rectifiersOf } from '../index.js';

const constants = {
  table: float32([5, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
  two: int64([2]),
  zero: float32([], [0]),
  six: float32([], [6]),
};

const graphFrom = (...nodes: readonly (string | Node)[]): Graph =>
  graphOf({
    inputs: [value('x', ['N', 3])],
    outputs: [value('y', ['N', 3])],
    constants,
    nodes: nodes.map((each) => (typeof each === 'string' ? node(each) : each)),
  });

const cast = node('i = Cast(x)', { to: attr.int(7) });

describe('flatness', () => {
  it('names every node at which a way ends, and no other', () => {
    const graph = graphFrom(
      'r = Round(x)',
      'a = Mul(r, r)',
      'c = Greater(x, zero)',
      'n = Neg(a)',
      'b = Where(c, a, n)',
      'f = Floor(b)',
      'y = Add(f, b)',
    );
    expect(flatnessOf(graph)?.nodes).toEqual(['Round node with output "r"', 'Greater node with output "c"']);
  });

  it('finds indices that nobody can differentiate, where the values beside them are not used', () => {
    const graph = graphFrom('v, k = TopK(x, two)', node('y = Cast(k)', { to: attr.int(1) }));
    expect(flatnessOf(graph)?.nodes).toEqual(['TopK node with output "v"']);
    expect(flatnessOf(graphFrom('v, k = TopK(x, two)', 'y = Exp(v)'))).toBeUndefined();
  });

  it('is none where one way has a derivative', () => {
    expect(flatnessOf(graphFrom('r = Round(x)', 'y = Add(r, x)'))).toBeUndefined();
    expect(flatnessOf(graphFrom('c = Greater(x, zero)', 'y = Where(c, x, zero)'))).toBeUndefined();
  });

  it('names the embedding that ids of floats pick, and none where they are only compared or found by a search', () => {
    expect(flatnessOf(graphFrom(cast, 'e = Gather(table, i)', 'y = Tanh(e)'))).toEqual({
      nodes: ['Cast node with output "i"'],
      embedding: 'e',
    });
    const nearest = graphFrom('v, k = TopK(x, two)', 'e = Gather(table, k)', 'y = Tanh(e)');
    expect(flatnessOf(nearest)).toEqual({ nodes: ['TopK node with output "v"'] });
    expect(flatnessOf(graphFrom('y = Sign(x)'))).toEqual({ nodes: ['Sign node with output "y"'] });
  });
});

describe('rectifiers', () => {
  it('are those between the ends that pass what is positive', () => {
    expect(rectifiersOf(graphFrom('r = Relu(x)', 't = Tanh(r)', 'y = Clip(t, zero, six)'))).toEqual([
      'Relu node with output "r"',
      'Clip node with output "y"',
    ]);
    expect(rectifiersOf(graphFrom('s = Sigmoid(x)', 'y = Mul(x, s)'))).toEqual([]);
    expect(rectifiersOf(graphFrom('y = Clip(x, six)'))).toEqual([]);
    expect(rectifiersOf(graphFrom('y = Max(zero, x)'))).toHaveLength(1);
  });

  it('are found inside branches', () => {
    const branch = (inner: string) =>
      ({ kind: 'graph', value: graphOf({ outputs: [value('z', ['N', 3])], nodes: [node(inner)] }) }) as const;
    const both = (inner: string) =>
      graphFrom(
        's = ReduceSum(x)',
        'c = Cast(s)',
        node('y = If(c)', { then_branch: branch(inner), else_branch: branch(inner) }),
      );
    const typed = (graph: Graph): Graph => ({
      ...graph,
      nodes: graph.nodes.map((each) =>
        each.op === 'Cast'
          ? { ...each, attributes: { to: attr.int(9) } }
          : each.op === 'ReduceSum'
            ? { ...each, attributes: { keepdims: attr.int(0) } }
            : each,
      ),
    });
    expect(rectifiersOf(typed(both('z = Relu(x)')))).toHaveLength(1);
    expect(rectifiersOf(typed(both('z = Tanh(x)')))).toEqual([]);
  });
});

describe('random numbers', () => {
  const random = graphFrom('r = RandomNormalLike(x)', 'y = Add(x, r)', 'z = Mul(x, x)');
  const outputs = [value('y', ['N', 3]), value('z', ['N', 3])];

  it('are found on the way to an output, and are not beside it', () => {
    expect(randomNodes({ ...random, outputs }, 'y')).toEqual(['RandomNormalLike node with output "r"']);
    expect(randomNodes({ ...random, outputs }, 'z')).toEqual([]);
  });

  it('are drawn by Dropout where its training mode is on or given at the run', () => {
    const dropout = (training: string): Graph => ({
      ...graphFrom(`y = Dropout(x, zero, ${training})`),
      inputs: [value('x', ['N', 3]), value('given', [], 'bool')],
      constants: new Map(
        Object.entries({
          zero: constants.zero,
          on: { dtype: 'bool', dims: [], data: Uint8Array.of(1) } as const,
          off: { dtype: 'bool', dims: [], data: Uint8Array.of(0) } as const,
        }),
      ),
    });
    expect(randomNodes(dropout('on'), 'y')).toHaveLength(1);
    expect(randomNodes(dropout('given'), 'y')).toHaveLength(1);
    expect(randomNodes(dropout('off'), 'y')).toEqual([]);
    expect(randomNodes(graphFrom('y = Dropout(x)'), 'y')).toEqual([]);
  });
});
