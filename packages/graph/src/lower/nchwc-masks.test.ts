import { describe, expect, it } from 'vitest';
import { pseudorandom } from '../../test/central-differences.js';
import { float32, graphOf, node, value } from '../../test/graphs.js';
import { STEP_SLOPE } from '../autodiff/rules/activation.js';
import { attr } from '../builder/builder.js';
import { numArray } from '../interpreter/array.js';
import { interpret } from '../interpreter/interpret.js';
import type { Constant, Graph, Node } from '../ir/types.js';
import { verify } from '../ir/verify.js';
import { nchwcMasks } from './nchwc-masks.js';

const kernel = (...dims: readonly number[]): Constant =>
  float32(
    dims,
    Array.from(
      { length: dims.reduce((n, d) => n * d, 1) },
      (_, i) => Math.round(8 * pseudorandom('k', i)) / 8,
    ),
  );

const step = (text: string): Node => node(text, { alpha: attr.float(STEP_SLOPE), beta: attr.float(0) });

/** A convolution, then something masked that goes on to another one. */
function masked(channels: number, ...between: readonly Node[]): Graph {
  return graphOf({
    inputs: [value('x', ['N', 1, 4, 4])],
    outputs: [value('y', undefined)],
    constants: {
      k: kernel(channels, 1, 3, 3),
      last: kernel(1, channels, 1, 1),
      zero: float32([], [0]),
      six: float32([], [6]),
    },
    nodes: [
      node('u = Conv(x, k)', { pads: attr.ints([1, 1, 1, 1]) }),
      ...between,
      node('p = Mul(u, m)'),
      node('y = Conv(p, last)'),
    ],
  });
}

const relu = [node('r = Relu(u)'), step('m = HardSigmoid(r)')];
const relu6 = [
  node('r = Clip(u, zero, six)'),
  node('s = Sub(six, r)'),
  node('l = Min(r, s)'),
  step('m = HardSigmoid(l)'),
];

/** With zeros and sixes before the rectifier. */
const x = numArray(
  'float32',
  [2, 1, 4, 4],
  Float64Array.from({ length: 32 }, (_, i) => Math.round(6 * pseudorandom('x', i))),
);

const operators = (graph: Graph): readonly string[] => graph.nodes.map(({ op }) => op);

describe('nchwcMasks', () => {
  it.each([
    ['Relu', relu, ['Conv', 'Relu', 'Conv', 'HardSigmoid', 'Mul', 'Conv']],
    ['ReLU6', relu6, ['Conv', 'Clip', 'Conv', 'Relu', 'Conv', 'Add', 'HardSigmoid', 'Mul', 'Conv']],
  ])('spells the mask of %s as depthwise convolutions, to the same values', (_, between, expected) => {
    for (const channels of [32, 20]) {
      const plain = masked(channels, ...between);
      const graph = nchwcMasks(plain);
      verify(graph);
      expect(operators(graph)).toEqual(expected);
      expect(interpret(graph, { x }).y).toEqual(interpret(plain, { x }).y);
    }
  });

  it('leaves alone what is not between convolutions that work on blocks of channels', () => {
    const alone: readonly Graph[] = [
      masked(18, ...relu),
      masked(32, ...relu, node('n = Neg(m)')),
      {
        ...masked(32, ...relu),
        nodes: masked(32, ...relu).nodes.slice(0, -1),
        outputs: [value('p', undefined)],
      },
      masked(32, node('r = Softplus(u)'), step('m = HardSigmoid(r)')),
      masked(32, node('r = Relu(u)'), node('m = HardSigmoid(r)')),
    ];
    for (const graph of alone) expect(operators(nchwcMasks(graph))).toEqual(operators(graph));
  });
});
