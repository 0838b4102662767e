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
  it.each([32, 20])(
    'spells the mask of ReLU6 as depthwise convolutions, to the same values: %d channels',
    (channels) => {
      const plain = masked(channels, ...relu6);
      const graph = nchwcMasks(plain);
      verify(graph);
      expect(operators(graph)).toEqual([
        'Conv',
        'Clip',
        'Conv',
        'Relu',
        'Conv',
        'Add',
        'HardSigmoid',
        'Mul',
        'Conv',
      ]);
      expect(interpret(graph, { x }).y).toEqual(interpret(plain, { x }).y);
    },
  );

  it('leaves the mask of Relu, which is one operator that the layout has', () => {
    expect(operators(nchwcMasks(masked(32, ...relu)))).toEqual(operators(masked(32, ...relu)));
  });

  it('leaves alone what is not between convolutions that work on blocks of channels', () => {
    const alone: readonly Graph[] = [
      masked(18, ...relu6),
      masked(32, ...relu6, node('n = Neg(m)')),
      {
        ...masked(32, ...relu6),
        nodes: masked(32, ...relu6).nodes.slice(0, -1),
        outputs: [value('p', undefined)],
      },
      masked(32, node('r = Softplus(u)'), ...relu6.slice(1)),
      masked(32, ...relu6.slice(0, -1), node('m = HardSigmoid(l)')),
    ];
    for (const graph of alone) expect(operators(nchwcMasks(graph))).toEqual(operators(graph));
  });
});
