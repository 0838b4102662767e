import { describe, expect, it } from 'vitest';
import { float32, graphOf, int64, node, value } from '../../test/graphs.js';
import { random } from '../../test/samples/make.js';
import { grad } from '../autodiff/grad.js';
import { ruleTable } from '../autodiff/tables/index.js';
import { attr } from '../builder/builder.js';
import { infer } from '../infer/infer.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Graph, Node } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { gatherEarly } from './gather-early.js';

const [TOKENS, WIDTH, HEADS] = [5, 4, 2];

const weights = (dims: readonly number[], seed: number) =>
  float32(dims, [...random(dims, seed, [-1, 1]).data].map(Number));

const take = (of: string, index = 'first', axis = 1): Node =>
  node(`y = Gather(${of}, ${index})`, { axis: attr.int(axis) });

const graphWith = (...nodes: readonly Node[]): Graph =>
  graphOf({
    inputs: [value('x', ['N', TOKENS, WIDTH])],
    outputs: [value('y', undefined)],
    constants: {
      w: weights([WIDTH, WIDTH], 601),
      scale: weights([WIDTH], 602),
      positions: weights([1, TOKENS, WIDTH], 603),
      first: int64([0], []),
      last: int64([-1], []),
      several: int64([0, 1]),
      only: int64([2]),
      heads: int64([0, TOKENS, HEADS, WIDTH / HEADS]),
      joined: int64([0, TOKENS, WIDTH]),
    },
    nodes,
  });

const permuted = (text: string, perm: readonly number[]) => node(text, { perm: attr.ints(perm) });

/** A block of a transformer: attention, whose keys and values are needed at all tokens, and a layer of its own for each token. */
const block = (index: string): Graph =>
  graphWith(
    node('p = Add(x, positions)'),
    node('n = LayerNormalization(p, scale, scale)'),
    node('q = MatMul(n, w)'),
    node('split = Reshape(q, heads)'),
    permuted('queries = Transpose(split)', [0, 2, 1, 3]),
    permuted('keys = Transpose(split)', [0, 2, 3, 1]),
    node('logits = MatMul(queries, keys)'),
    node('attention = Softmax(logits)'),
    node('values = MatMul(attention, queries)'),
    permuted('merged = Transpose(values)', [0, 2, 1, 3]),
    node('together = Reshape(merged, joined)'),
    node('residual = Add(together, p)'),
    node('m = MatMul(residual, w)'),
    node('e = Tanh(m)'),
    node('z = Add(e, residual)'),
    take('z', index),
  );

const x = random([3, TOKENS, WIDTH], 604);

/** Sizes of the results of all matrix products. */
const products = (graph: Graph): readonly unknown[] => {
  const types = infer(graph);
  return graph.nodes.flatMap(({ op, outputs }) => (op === 'MatMul' ? [types.get(outputs[0])?.dims] : []));
};

const gathersLate = (graph: Graph): boolean => graph.nodes.at(-1)?.op === 'Gather';

describe('gatherEarly', () => {
  it.each(['first', 'last', 'only'])(
    'computes the %s token alone where the others are not read, and changes no value',
    (index) => {
      const graph = block(index);
      const moved = gatherEarly(graph);
      verify(moved);
      expect(products(moved)).toEqual([
        ['N', TOKENS, WIDTH],
        ['N', HEADS, 1, TOKENS],
        ['N', HEADS, 1, WIDTH / HEADS],
        ['N', 1, WIDTH],
      ]);
      const [got, expected] = [moved, graph].map((one) => interpret(one, { x }).y);
      expect(got.dims).toEqual(expected.dims);
      got.data.forEach((each, i) => {
        expect(each).toBeCloseTo(Number(expected.data[i]), 12);
      });
    },
  );

  it('changes no derivative', () => {
    const graph = block('first');
    const target = numArray('int64', [3], Float64Array.of(0, 1, 3));
    const asItStands = { ...ruleTable('gradient'), prepare: undefined };
    const [moved, left] = [grad(graph), grad(graph, { table: asItStands })].map(
      (one) => interpret(one, { x, target }).gradient.data,
    );
    moved.forEach((each, i) => {
      expect(each).toBeCloseTo(Number(left[i]), 12);
    });
  });

  it('leaves a Gather after a product that mixes positions, of several positions, and without a product before it', () => {
    const mixed = graphWith(
      permuted('t = Transpose(x)', [0, 2, 1]),
      node('m = MatMul(t, x)'),
      take('m', 'first', 1),
    );
    const narrowed = gatherEarly(mixed);
    expect(products(narrowed)).toEqual([['N', 1, WIDTH]]);
    expect(interpret(narrowed, { x }).y).toEqual(interpret(mixed, { x }).y);
    for (const graph of [
      graphWith(permuted('t = Transpose(x)', [0, 2, 1]), node('m = MatMul(t, x)'), take('m', 'first', 2)),
      graphWith(node('m = MatMul(x, w)'), node('s = Softmax(m)', { axis: attr.int(1) }), take('s')),
      graphWith(node('m = MatMul(x, w)'), take('m', 'several')),
      graphWith(node('e = Tanh(x)'), take('e')),
    ]) {
      expect(gatherEarly(graph)).toBe(graph);
    }
  });

  it('keeps values that others read, at other positions or whole, and values that must stay', () => {
    const twice = graphWith(
      node('m = MatMul(x, w)'),
      node('a = Gather(m, first)', { axis: attr.int(1) }),
      node('c = Gather(m, last)', { axis: attr.int(1) }),
      node('y = Add(a, c)'),
    );
    const whole = graphWith(node('m = MatMul(x, w)'), take('m'));
    expect(gatherEarly(twice)).toBe(twice);
    expect(gathersLate(gatherEarly(whole))).toBe(false);
    expect(gatherEarly(whole, new Set(['m']))).toBe(whole);
    expect(gatherEarly({ ...whole, outputs: [...whole.outputs, value('m', undefined)] }).nodes).toEqual(
      whole.nodes,
    );
  });
});
