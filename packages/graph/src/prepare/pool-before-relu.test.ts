import { describe, expect, it } from 'vitest';
import { pseudorandom } from '../../test/central-differences.js';
import { graphOf, node, value } from '../../test/graphs.js';
import { grad } from '../autodiff/grad.js';
import { ruleTable } from '../autodiff/tables/index.js';
import { attr } from '../builder/builder.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Graph, Node } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { poolBeforeRelu } from './pool-before-relu.js';

const pool = (text: string): Node =>
  node(text, { kernel_shape: attr.ints([3, 3]), strides: attr.ints([2, 2]), pads: attr.ints([1, 1, 1, 1]) });

const graphWith = (...nodes: readonly Node[]): Graph =>
  graphOf({ inputs: [value('x', ['N', 2, 6, 6])], outputs: [value('y', undefined)], nodes });

const plain = graphWith(node('r = Relu(x)'), pool('y = MaxPool(r)'));

/** Rounded, so that windows have ties and some have nothing positive. */
const x = numArray(
  'float32',
  [2, 2, 6, 6],
  Float64Array.from({ length: 144 }, (_, i) => Math.round(2 * pseudorandom('x', i) - 0.75)),
);

const operators = (graph: Graph): string[] => graph.nodes.map(({ op }) => op);

describe('poolBeforeRelu', () => {
  it('moves MaxPool before the Relu that only it reads, and changes no value', () => {
    const moved = poolBeforeRelu(plain);
    verify(moved);
    expect(operators(moved)).toEqual(['MaxPool', 'Relu']);
    expect(interpret(moved, { x }).y).toEqual(interpret(plain, { x }).y);
  });

  it('changes no derivative, with ties and where nothing is positive', () => {
    const scored = { ...plain, nodes: [...plain.nodes, node('s = Mul(y, y)')] };
    const summed = {
      ...scored,
      nodes: [...scored.nodes, node('t = ReduceSum(s)', { keepdims: attr.int(0) })],
    };
    const graph = { ...summed, outputs: [value('t', [])] };
    const asItStands = { ...ruleTable('gradient'), prepare: undefined };
    const [moved, left] = [grad(graph), grad(graph, { table: asItStands })];
    expect(operators(moved)).not.toEqual(operators(left));
    expect(interpret(moved, { x }).gradient).toEqual(interpret(left, { x }).gradient);
  });

  it('keeps a Relu that has other readers, is an output, or must stay, and a pool that returns indices', () => {
    const read = graphWith(
      node('r = Relu(x)'),
      pool('p = MaxPool(r)'),
      node('q = ReduceMax(r)'),
      node('y = Add(p, q)'),
    );
    expect(operators(poolBeforeRelu(read))).toEqual(operators(read));
    const output = { ...plain, outputs: [value('y', undefined), value('r', undefined)] };
    expect(operators(poolBeforeRelu(output))).toEqual(['Relu', 'MaxPool']);
    expect(operators(poolBeforeRelu(plain, new Set(['r'])))).toEqual(['Relu', 'MaxPool']);
    const places = graphWith(node('r = Relu(x)'), pool('y, i = MaxPool(r)'));
    expect(operators(poolBeforeRelu(places))).toEqual(['Relu', 'MaxPool']);
  });
});
