import { describe, expect, it } from 'vitest';
import { pseudorandom } from '../../test/central-differences.js';
import { float32, graphOf, node, value } from '../../test/graphs.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Graph, Node } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { nchwcScalars } from './nchwc-scalars.js';

const kernel = (...dims: readonly number[]) =>
  float32(
    dims,
    Array.from(
      { length: dims.reduce((n, d) => n * d, 1) },
      (_, i) => Math.round(8 * pseudorandom('k', i)) / 8,
    ),
  );

/** u, the sigmoid of a convolution, and what makes y of it and of the input. */
const after = (...nodes: readonly Node[]): Graph =>
  graphOf({
    inputs: [value('x', ['N', 1, 2, 3])],
    outputs: [value('y', undefined)],
    constants: {
      k: kernel(16, 1, 1, 1),
      last: kernel(16, 16, 1, 1),
      number: float32([], [0.75]),
      numbers: kernel(16, 1, 1),
    },
    nodes: [node('c = Conv(x, k)'), node('u = Sigmoid(c)'), ...nodes],
  });

const operators = ({ nodes }: Graph): readonly string[] => nodes.map(({ op }) => op);
const convolved = node('y = Conv(s, last)');

describe('nchwcScalars', () => {
  it.each([
    'Add(u, number)',
    'Add(number, u)',
    'Mul(u, number)',
    'Mul(number, u)',
    'Sub(u, number)',
    'Sub(number, u)',
  ])('computes %s by a depthwise convolution, to the same values', (text) => {
    const plain = after(node(`s = ${text}`), convolved);
    const graph = nchwcScalars(plain);
    verify(graph);
    expect(operators(graph)).toEqual(['Conv', 'Sigmoid', 'Conv', 'Conv']);
    const data = Float64Array.from({ length: 12 }, (_, i) => Math.fround(pseudorandom('x', i)));
    const feeds = { x: numArray('float32', [2, 1, 2, 3], data) };
    expect(interpret(graph, feeds).y).toEqual(interpret(plain, feeds).y);
  });

  it.each([
    ['Neg(t)', ['Conv']],
    ['Abs(t)', ['Relu', 'Conv', 'Relu', 'Add']],
  ])('computes %s in the layout, to the same values', (text, expected) => {
    const plain = after(node('t = Tanh(c)'), node('r = Add(t, u)'), node(`s = ${text}`), convolved);
    const graph = nchwcScalars(plain);
    verify(graph);
    expect(operators(graph)).toEqual(['Conv', 'Sigmoid', 'Tanh', 'Add', ...expected, 'Conv']);
    const data = Float64Array.from({ length: 12 }, (_, i) => Math.fround(pseudorandom('x', i)));
    const feeds = { x: numArray('float32', [2, 1, 2, 3], data) };
    expect(interpret(graph, feeds).y.data.map((v) => v + 0)).toEqual(
      interpret(plain, feeds).y.data.map((v) => v + 0),
    );
  });

  it('goes on through the derivative of a sigmoid', () => {
    const graph = nchwcScalars(after(node('r = Sub(number, u)'), node('s = Mul(u, r)'), convolved));
    expect(operators(graph)).toEqual(['Conv', 'Sigmoid', 'Conv', 'Mul', 'Conv']);
  });

  it.each<readonly [string, readonly Node[]]>([
    ['no convolution follows', [node('y = Sub(number, u)')]],
    [
      'the layout is left before the convolution',
      [node('r = Sub(number, u)'), node('s = Exp(r)'), convolved],
    ],
    ['there is a number for each channel', [node('s = Mul(u, numbers)'), convolved]],
    ['the number is divided by', [node('s = Div(u, number)'), convolved]],
    ['the value is outside the layout', [node('e = Exp(u)'), node('s = Mul(e, number)'), convolved]],
    [
      'the convolution before it can do it',
      [node('d = Conv(u, last)'), node('s = Mul(d, number)'), convolved],
    ],
  ])('leaves a graph where %s', (_, nodes) => {
    const graph = after(...nodes);
    expect(nchwcScalars(graph)).toBe(graph);
  });
});
