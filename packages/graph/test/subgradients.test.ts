import { describe, expect, it } from 'vitest';
import { builderOf } from '../src/builder/build.js';
import { attr, type Graph, grad, interpret, type NumArray, type Op } from '../src/index.js';
import { gradients, type Projected } from './central-differences.js';
import { float32, type Input, int, ints, type SampleOptions, sample, scalar } from './samples/make.js';
import { run } from './session.js';

const { float, int: integer, ints: list, string } = attr;
const vector = (...values: readonly number[]): NumArray => float32([values.length], values);
const GAMMA = 1.5;

interface Line extends SampleOptions {
  readonly op: Op;
  readonly inputs: readonly Input[];
  /** Gradient of the sum of the first output, by input number. */
  readonly gradient: Readonly<Record<number, readonly number[]>>;
}

const image = (...values: readonly number[]): NumArray => float32([1, 1, 2, values.length / 2], values);

/** SUBGRADIENTS.md, line by line. */
const lines: readonly Line[] = [
  { op: 'Abs', inputs: [vector(0)], gradient: { 0: [0] } },
  { op: 'ReduceL1', inputs: [vector(0, -2)], gradient: { 0: [0, -1] } },
  { op: 'Relu', inputs: [vector(-1, 0, 1)], gradient: { 0: [0, 0, 1] } },
  { op: 'LeakyRelu', inputs: [vector(0)], attributes: { alpha: float(0.25) }, gradient: { 0: [0.25] } },
  { op: 'PRelu', inputs: [vector(0), vector(0.25)], gradient: { 0: [0.25], 1: [0] } },
  { op: 'ThresholdedRelu', inputs: [vector(0.5)], attributes: { alpha: float(0.5) }, gradient: { 0: [0] } },
  { op: 'Elu', inputs: [vector(0)], attributes: { alpha: float(2) }, gradient: { 0: [2] } },
  { op: 'Celu', inputs: [vector(0)], attributes: { alpha: float(2) }, gradient: { 0: [1] } },
  {
    op: 'Selu',
    inputs: [vector(0)],
    attributes: { alpha: float(2), gamma: float(GAMMA) },
    gradient: { 0: [2 * GAMMA] },
  },
  {
    op: 'HardSigmoid',
    inputs: [vector(-1, 0, 1)],
    attributes: { alpha: float(0.5), beta: float(0.5) },
    gradient: { 0: [0, 0.5, 0] },
  },
  { op: 'HardSwish', inputs: [vector(-3, 0, 3)], gradient: { 0: [0, 0.5, 1] } },
  { op: 'Shrink', inputs: [vector(-0.5, 0.5)], attributes: { lambd: float(0.5) }, gradient: { 0: [0, 0] } },
  {
    op: 'Clip',
    inputs: [vector(-1, 0, 1, 6, 7), scalar(0), scalar(6)],
    gradient: { 0: [0, 0.5, 1, 0.5, 0], 1: [1.5], 2: [1.5] },
  },
  { op: 'Clip', inputs: [vector(0, 1, 2), scalar(1)], gradient: { 0: [0, 0.5, 1], 1: [1.5] } },
  { op: 'Clip', inputs: [vector(0, 1, 2), undefined, scalar(1)], gradient: { 0: [1, 0.5, 0], 2: [1.5] } },
  // Known bounds: from 0, others, one of them, none.
  {
    op: 'Clip',
    inputs: [vector(-1, 0, 1e-30, 5.9999995, 6, 7), { fixed: scalar(0) }, { fixed: scalar(6) }],
    gradient: { 0: [0, 0, 1, 1, 0, 0] },
  },
  {
    op: 'Clip',
    inputs: [vector(-2, -1, -0.9999999, 0.49999997, 0.5, 1), { fixed: scalar(-1) }, { fixed: scalar(0.5) }],
    gradient: { 0: [0, 0, 1, 1, 0, 0] },
  },
  { op: 'Clip', inputs: [vector(0, 1, 2), { fixed: scalar(1) }], gradient: { 0: [0, 0, 1] } },
  { op: 'Clip', inputs: [vector(0, 1, 2), undefined, { fixed: scalar(1) }], gradient: { 0: [1, 0, 0] } },
  {
    op: 'Clip',
    inputs: [
      vector(-3.4028234663852886e38, 0, 1),
      { fixed: scalar(-3.4028234663852886e38) },
      { fixed: scalar(1) },
    ],
    gradient: { 0: [1, 1, 0] },
  },
  // Equal and crossed bounds.
  {
    op: 'Clip',
    inputs: [vector(0, 1, 2), { fixed: scalar(1) }, { fixed: scalar(1) }],
    gradient: { 0: [0, 0, 0] },
  },
  {
    op: 'Clip',
    inputs: [vector(0, 1, 2), { fixed: scalar(1) }, { fixed: scalar(0) }],
    gradient: { 0: [0, 0, 0] },
  },
  { op: 'Clip', inputs: [vector(0, 1, 2), scalar(1), scalar(1)], gradient: { 0: [0, 1, 0], 1: [1], 2: [1] } },
  {
    op: 'Clip',
    inputs: [vector(-1, 0, 0.5, 3), scalar(1), scalar(0)],
    gradient: { 0: [0, 0, 0, 0], 1: [0], 2: [4] },
  },
  { op: 'LpNormalization', inputs: [vector(0, 0)], gradient: { 0: [0, 0] } },
  { op: 'MeanVarianceNormalization', inputs: [image(2, 2)], gradient: { 0: [0, 0] } },
  { op: 'ReduceL2', inputs: [vector(0, 0)], gradient: { 0: [0, 0] } },
  { op: 'Sqrt', inputs: [vector(0)], gradient: { 0: [Number.POSITIVE_INFINITY] } },
  { op: 'Pow', inputs: [vector(0), vector(0)], gradient: { 0: [0], 1: [0] } },
  { op: 'Max', inputs: [vector(1, 2), vector(1, 1)], gradient: { 0: [0.5, 1], 1: [0.5, 0] } },
  { op: 'Min', inputs: [vector(1), vector(1), vector(1)], gradient: { 0: [1 / 3], 1: [1 / 3], 2: [1 / 3] } },
  { op: 'ReduceMax', inputs: [vector(3, 1, 3)], gradient: { 0: [0.5, 0, 0.5] } },
  { op: 'ReduceMin', inputs: [vector(1, 1, 3)], gradient: { 0: [0.5, 0.5, 0] } },
  {
    op: 'MaxPool',
    inputs: [image(1, 5, 5, 5)],
    attributes: { kernel_shape: list([2, 2]), strides: list([2, 2]) },
    gradient: { 0: [0, 1, 0, 0] },
  },
  {
    op: 'MaxPool',
    inputs: [image(0, 5, 5, 5, 5, 0)],
    attributes: { kernel_shape: list([2, 2]) },
    gradient: { 0: [0, 2, 0, 0, 0, 0] },
  },
  { op: 'GlobalMaxPool', inputs: [image(1, 5, 5, 5)], gradient: { 0: [0, 1, 0, 0] } },
  { op: 'TopK', inputs: [vector(2, 2, 1), ints(1)], outputs: 2, gradient: { 0: [1, 0, 0] } },
  {
    op: 'ScatterElements',
    inputs: [vector(4, 0), ints(0, 0), vector(4, 1)],
    attributes: { reduction: string('max') },
    gradient: { 0: [0.5, 1], 2: [0.5, 0] },
  },
  { op: 'Floor', inputs: [vector(1, 1.5)], gradient: { 0: [0, 0] } },
  { op: 'Round', inputs: [vector(0.5)], gradient: { 0: [0] } },
  { op: 'Sign', inputs: [vector(0)], gradient: { 0: [0] } },
  { op: 'Hardmax', inputs: [float32([1, 2], [1, 1])], gradient: { 0: [0, 0] } },
  {
    op: 'Mod',
    inputs: [vector(-7, 6), vector(3, 3)],
    attributes: { fmod: integer(1) },
    gradient: { 0: [1, 1], 1: [2, -2] },
  },
  { op: 'ReduceProd', inputs: [vector(0, 3, 5)], gradient: { 0: [15, 0, 0] } },
  { op: 'ReduceProd', inputs: [vector(0, 0, 5)], gradient: { 0: [0, 0, 0] } },
  // Places 0, 1 and 2 of three.
  ...(['zeros', 'border', 'reflection'] as const).map(
    (padding_mode): Line => ({
      op: 'GridSample',
      inputs: [float32([1, 1, 1, 3], [1, 2, 4]), float32([1, 1, 3, 2], [-1, 0, 0, 0, 1, 0])],
      attributes: { padding_mode: string(padding_mode), align_corners: integer(1) },
      gradient: { 0: [1, 1, 1], 1: padding_mode === 'zeros' ? [1, 0, 2, 0, -4, 0] : [0, 0, 2, 0, 0, 0] },
    }),
  ),
  {
    op: 'GridSample',
    inputs: [float32([1, 1, 1, 2], [1, 2]), float32([1, 1, 2, 2], [-0.4, 0, 0.1, 0])],
    attributes: { mode: string('nearest') },
    gradient: { 0: [1, 1], 1: [0, 0, 0, 0] },
  },
  {
    op: 'DeformConv',
    inputs: [image(1, 5, 5, 7), float32([1, 1, 1, 1], [1]), float32([1, 2, 2, 2], new Array(8).fill(0))],
    gradient: { 0: [1, 1, 1, 1], 2: [4, 2, -5, -7, 4, -5, 2, -7] },
  },
  // One sample, at the first element.
  {
    op: 'RoiAlign',
    inputs: [image(1, 5, 5, 5), float32([1, 4], [0, 0, 1, 1]), ints(0)],
    attributes: { sampling_ratio: integer(1) },
    gradient: { 0: [1, 0, 0, 0], 1: [0, 0, 0, 0] },
  },
  // One sample, between four equal elements.
  {
    op: 'RoiAlign',
    inputs: [image(5, 5, 5, 5), float32([1, 4], [0, 0, 2, 2]), ints(0)],
    attributes: { sampling_ratio: integer(1), mode: string('max') },
    gradient: { 0: [0.25, 0, 0, 0] },
  },
  {
    op: 'MaxRoiPool',
    inputs: [image(1, 5, 5, 5), float32([1, 5], [0, 0, 0, 1, 1])],
    attributes: { pooled_shape: list([1, 1]) },
    gradient: { 0: [0, 1, 0, 0], 1: [0, 0, 0, 0, 0] },
  },
  { op: 'CumProd', inputs: [vector(0, 3, 5), int(0)], opset: 26, gradient: { 0: [19, 0, 0] } },
  { op: 'CumProd', inputs: [vector(2, 0, 5), int(0)], opset: 26, gradient: { 0: [1, 12, 0] } },
  { op: 'Det', inputs: [float32([2, 2], [1, 2, 2, 4])], gradient: { 0: [4, -2, -2, 1] } },
  { op: 'Unique', inputs: [vector(2, 1, 2)], gradient: { 0: [1, 1, 0] } },
  { op: 'Bernoulli', inputs: [vector(0.5, 1)], gradient: { 0: [0, 0] } },
  { op: 'RandomNormalLike', inputs: [vector(1)], gradient: { 0: [0] } },
  { op: 'Trilu', inputs: [float32([2, 2], [1, 2, 3, 4]), int(0)], gradient: { 0: [1, 1, 0, 1] } },
];

/** The sum of the first output. */
function total({ op, inputs, ...options }: Line): Projected {
  const { graph, feeds } = sample(op, inputs, options);
  const scalar = summed(graph, graph.outputs[0].name);
  return { graph: scalar, feeds, of: scalar.outputs[0].name };
}

describe('where there is no derivative', () => {
  it.each(lines.map((line, i) => [`${line.op} (${i})`, line] as const))(
    '%s has the stated one',
    async (_, line) => {
      const projected = total(line);
      const numbers = Object.keys(line.gradient).map(Number);
      const result = gradients(
        projected,
        numbers.map((i) => `x${i}`),
      );
      const native = await run(result.graph, projected.feeds);
      numbers.forEach((number, i) => {
        expect(Array.from(result.values[i].data)).toEqual(line.gradient[number]);
        const rounded = line.gradient[number].map(Math.fround);
        expect(Array.from(native[result.names[i]].data)).toEqual(rounded);
      });
    },
  );

  it('a rectifier has a second derivative of 0 on both sides and at the kink', () => {
    const once = gradients(total({ op: 'Relu', inputs: [vector(-1, 0, 2)], gradient: {} }), ['x0']);
    const twice = grad(summed(once.graph, once.names[0]), { wrt: 'x0' });
    expect(Array.from(interpret(twice, { x0: vector(-1, 0, 2) }).gradient.data)).toEqual([0, 0, 0]);
  });
});

function summed(graph: Graph, name: string): Graph {
  const b = builderOf(graph);
  const of = b.emit('ReduceSum', [name], { keepdims: integer(0) });
  return b.build([{ name: of, ...b.type(of) }]);
}
