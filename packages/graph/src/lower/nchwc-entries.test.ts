import { describe, expect, it } from 'vitest';
import { pseudorandom } from '../../test/central-differences.js';
import { float32, graphOf, node, value } from '../../test/graphs.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Graph, Node } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { nchwcEntries } from './nchwc-entries.js';

const kernel = (...dims: readonly number[]) =>
  float32(
    dims,
    Array.from({ length: dims.reduce((n, d) => n * d, 1) }, (_, i) => Math.fround(pseudorandom('k', i))),
  );

/** A convolution c of x beside a plain value p of the same dims, and what reads them. */
const beside = (nodes: readonly Node[], channels = 16): Graph =>
  graphOf({
    inputs: [value('x', ['N', 1, 2, 3]), value('p', ['N', channels, 2, 3])],
    outputs: [value('y', undefined)],
    constants: {
      k: kernel(channels, 1, 1, 1),
      last: kernel(16, channels, 1, 1),
      scale: kernel(channels, 1, 1),
    },
    nodes: [node('c = Conv(x, k)'), ...nodes],
  });

const operators = ({ nodes }: Graph): readonly string[] => nodes.map(({ op }) => op);
const convolved = node('y = Conv(s, last)');

describe('nchwcEntries', () => {
  it.each<readonly [string, readonly string[], readonly Node[]]>([
    ['a sum', ['Conv', 'Conv', 'Add', 'Conv'], [node('s = Add(p, c)'), convolved]],
    ['a product', ['Conv', 'Conv', 'Mul', 'Conv'], [node('s = Mul(c, p)'), convolved]],
    [
      'sums one after the other, of which only the first has a value outside',
      ['Conv', 'Conv', 'Add', 'Relu', 'Mul', 'Conv'],
      [node('a = Add(c, p)'), node('r = Relu(a)'), node('s = Mul(a, r)'), convolved],
    ],
    [
      'a value that two sums read, once',
      ['Conv', 'Conv', 'Add', 'Mul', 'Conv'],
      [node('a = Add(c, p)'), node('s = Mul(p, a)'), convolved],
    ],
  ])('lets a value enter the blocked layout by a depthwise convolution: %s', (_, expected, nodes) => {
    const plain = beside(nodes);
    const graph = nchwcEntries(plain);
    verify(graph);
    expect(operators(graph)).toEqual(expected);
    const data = (name: string, length: number) =>
      Float64Array.from({ length }, (__, i) => Math.fround(pseudorandom(name, i)));
    const feeds = {
      x: numArray('float32', [2, 1, 2, 3], data('x', 12)),
      p: numArray('float32', [2, 16, 2, 3], data('p', 192)),
    };
    expect(interpret(graph, feeds).y).toEqual(interpret(plain, feeds).y);
  });

  it.each<readonly [string, readonly Node[], number]>([
    ['no convolution follows', [node('y = Add(c, p)')], 16],
    ['the layout is left before the convolution', [node('a = Add(c, p)'), node('s = Exp(a)'), convolved], 16],
    ['channels do not fill blocks', [node('s = Add(c, p)'), convolved], 12],
    ['both are outside', [node('s = Add(p, p)'), convolved], 16],
    ['the other one is a constant', [node('s = Mul(c, scale)'), convolved], 16],
  ])('leaves a graph where %s', (_, nodes, channels) => {
    const graph = beside(nodes, channels);
    expect(nchwcEntries(graph)).toBe(graph);
  });
});
