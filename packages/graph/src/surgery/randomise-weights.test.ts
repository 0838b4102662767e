import { key } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { codeOf, float32, graphOf, node, value } from '../../test/graphs.js';
import { numbersOf } from '../ir/constant.js';
import type { Graph } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { randomiseWeights } from './randomise-weights.js';

const ramp = (dims: readonly number[], scale: number) => {
  const size = dims.reduce((a, b) => a * b);
  return float32(
    dims,
    Array.from({ length: size }, (_, i) => scale * Math.sin(i + 1) + scale / 2),
  );
};

/** Three layers: a product with a bias, a Gemm, and a product that shares the weights of the first. */
const graph: Graph = graphOf({
  inputs: [value('x', ['N', 40])],
  outputs: [value('y', ['N', 40])],
  constants: {
    w: ramp([40, 40], 1),
    b: ramp([40], 3),
    v: ramp([40, 40], 0.1),
    c: ramp([40], 5),
    two: float32([], [2]),
  },
  nodes: [
    node('h = MatMul(x, w)'),
    node('i = Add(h, b)'),
    node('j = Mul(i, two)'),
    node('k = Gemm(j, v, c)'),
    node('y = MatMul(k, w)'),
  ],
});

/** The names of the constants that each node reads. */
const readsOf = ({ nodes, constants }: Graph) =>
  nodes.map(({ inputs }) => inputs.filter((name) => constants.has(name)));

const momentsOf = (numbers: Float64Array) => {
  const mean = numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  return {
    mean,
    deviation: Math.sqrt(numbers.reduce((sum, each) => sum + (each - mean) ** 2, 0) / numbers.length),
  };
};

const drawnFrom = (changed: Graph, name: string) => {
  const constant = changed.constants.get(name);
  if (constant === undefined) throw new Error(`no constant ${name}`);
  return numbersOf(constant);
};

describe('random weights', () => {
  it('replace those of the last layers, and nothing else', () => {
    const after = (layers: number | 'all') =>
      readsOf(randomiseWeights(graph, { layers, draw: 'normal', key: key(1) }));
    expect(after(1)).toEqual([['w'], ['b'], ['two'], ['v', 'c'], ['w/random']]);
    expect(after(2)).toEqual([['w'], ['b'], ['two'], ['v/random', 'c/random'], ['w/random']]);
    expect(after('all')).toEqual([
      ['w/random'],
      ['b/random'],
      ['two'],
      ['v/random', 'c/random'],
      ['w/random'],
    ]);
    expect(after(3)).toEqual(after('all'));
    const changed = randomiseWeights(graph, { layers: 1, draw: 'normal', key: key(1) });
    expect(() => verify(changed)).not.toThrow();
    for (const name of ['w', 'b', 'v', 'c'])
      expect(changed.constants.get(name)).toBe(graph.constants.get(name));
  });

  it('have the mean and the standard deviation of the trained ones, or are the same numbers in another order', () => {
    const trained = drawnFrom(graph, 'w');
    const normal = drawnFrom(randomiseWeights(graph, { layers: 1, draw: 'normal', key: key(2) }), 'w/random');
    const [before, after] = [momentsOf(trained), momentsOf(normal)];
    // 1600 numbers: four standard errors.
    expect(Math.abs(after.mean - before.mean)).toBeLessThan((4 * before.deviation) / 40);
    expect(Math.abs(after.deviation / before.deviation - 1)).toBeLessThan(4 / Math.sqrt(3200));
    const permuted = drawnFrom(
      randomiseWeights(graph, { layers: 1, draw: 'permuted', key: key(2) }),
      'w/random',
    );
    expect(permuted.toSorted()).toEqual(trained.toSorted());
    expect(permuted).not.toEqual(trained);
  });

  it('depend on the key and on the tensor only', () => {
    const draw = (seed: number, layers: number) =>
      randomiseWeights(graph, { layers, draw: 'normal', key: key(seed) });
    expect(drawnFrom(draw(3, 1), 'w/random')).toEqual(drawnFrom(draw(3, 2), 'w/random'));
    expect(drawnFrom(draw(3, 1), 'w/random')).not.toEqual(drawnFrom(draw(4, 1), 'w/random'));
    const constants = new Map([...graph.constants, ['v', drawable()] as const]);
    const twins = randomiseWeights({ ...graph, constants }, { layers: 2, draw: 'permuted', key: key(3) });
    expect(drawnFrom(twins, 'v/random')).not.toEqual(drawnFrom(twins, 'w/random'));
  });

  it('are refused for a graph with fewer layers', () => {
    const ask = (layers: number | 'all', nodes = graph.nodes) =>
      codeOf(() => randomiseWeights({ ...graph, nodes }, { layers, draw: 'normal', key: key(1) }));
    expect(ask(4)).toBe('not-applicable');
    expect(ask('all', [node('y = Relu(x)')])).toBe('not-applicable');
  });
});

/** Other numbers of the same type as w. */
const drawable = () => ramp([40, 40], 1);
