import { describe, expect, it } from 'vitest';
import { float32, type GraphParts, graphOf, int64, node, value } from '../../test/graphs.js';
import type { Attribute } from '../ir/types.js';
import { channelAxes, layoutIn } from './channels.js';

const ints = (...values: readonly number[]): Attribute => ({ kind: 'ints', value: values });
const perm = (...axes: readonly number[]) => ({ perm: ints(...axes) });
const weights = (...dims: readonly number[]) =>
  float32(dims, new Array(dims.reduce((a, b) => a * b)).fill(1));

/** What a graph of these nodes says of its input "x". */
function told(
  dims: readonly (number | string)[],
  nodes: GraphParts['nodes'],
  more: GraphParts['constants'] = {},
) {
  const constants = { w: weights(4, 3, 3, 3), w1: weights(4, 1, 3, 3), line: weights(4, 2, 3), ...more };
  const last = nodes?.at(-1)?.outputs[0] ?? 'x';
  return layoutIn(
    graphOf({ inputs: [value('x', dims)], outputs: [value(last, undefined)], nodes, constants }),
    'x',
  );
}

describe('the layout of an input', () => {
  it('is channels first where a convolution takes it', () => {
    expect(told(['N', 3, 8, 8], [node('y = Conv(x, w)')])).toBe('chw');
    expect(told(['N', 2, 50], [node('y = Conv(x, line)')])).toBe('cw');
  });

  it('is channels last where it is turned before the convolution, as TensorFlow exports are', () => {
    expect(told(['N', 8, 8, 3], [node('t = Transpose(x)', perm(0, 3, 1, 2)), node('y = Conv(t, w)')])).toBe(
      'hwc',
    );
    expect(told(['N', 50, 2], [node('t = Transpose(x)', perm(0, 2, 1)), node('y = Conv(t, line)')])).toBe(
      'wc',
    );
    const back = [
      node('a = Sub(x, mean)'),
      node('b = Div(a, std)'),
      node('p = Pad(b, pads)'),
      node('t = Transpose(p)', perm(0, 3, 1, 2)),
      node('y = Conv(t, w)'),
    ];
    const constants = { mean: weights(3), std: weights(1), pads: int64([0, 1, 1, 0, 0, 1, 1, 0]) };
    expect(told(['N', 8, 8, 3], back, constants)).toBe('hwc');
  });

  it('is height and width alone where the model puts the channel in', () => {
    const axes = { one: int64([1]), shape: int64([-1, 1, 8, 8]) };
    expect(told(['N', 8, 8], [node('t = Unsqueeze(x, one)'), node('y = Conv(t, w1)')], axes)).toBe('chw');
    const scaled = [node('a = Div(x, k)'), node('t = Reshape(a, shape)'), node('y = Conv(t, w1)')];
    expect(told(['N', 8, 8], scaled, { ...axes, k: weights(1) })).toBe('chw');
  });

  it('is told by a reshape that only moves an axis of length 1', () => {
    const shape = { shape: int64([-1, 1, 8, 8]) };
    expect(
      told(['N', 8, 8, 1], [node('t = Reshape(x, shape)'), node('y = Conv(t, w1)')], shape),
    ).toBeUndefined();
    const turned = [node('t = Transpose(x)', perm(0, 3, 1, 2)), node('y = Conv(t, w1)')];
    expect(told(['N', 8, 8, 1], turned)).toBe('hwc');
  });

  it('is told by means over positions, dense layers and norms where no convolution tells it', () => {
    const pooled = [node('y = ReduceMean(x, axes)')];
    expect(told(['N', 24, 32, 3], pooled, { axes: int64([1, 2]) })).toBe('hwc');
    expect(told(['N', 3, 24, 32], pooled, { axes: int64([-1, -2]) })).toBe('chw');
    expect(told(['N', 7, 5], [node('y = MatMul(x, m)')], { m: weights(5, 4) })).toBe('wc');
    const normed = [node('h = LayerNormalization(x, s)'), node('y = ReduceSum(h, axes)')];
    expect(told(['N', 7, 5], normed, { s: weights(5), axes: int64([1]) })).toBe('wc');
    const spelled = [node('m = ReduceMean(x, axes)'), node('d = Sub(x, m)'), node('y = MatMul(d, k)')];
    expect(told(['N', 7, 5], spelled, { axes: int64([-1]), k: weights(5, 4) })).toBe('wc');
  });

  it('is not told by a norm over features that is spelled with a global pool', () => {
    const nodes = [node('m = GlobalAveragePool(x)'), node('d = Sub(x, m)'), node('y = MatMul(d, k)')];
    expect(told(['N', 7, 5], nodes, { k: weights(5, 4) })).toBe('wc');
    expect(told(['N', 3, 8, 8], [node('y = GlobalAveragePool(x)')])).toBe('chw');
  });

  it('goes by the convolution where a dense layer suggests another', () => {
    const both = [
      node('c = Conv(x, w)'),
      node('d = MatMul(x, m)'),
      node('f = Flatten(c)'),
      node('g = Flatten(d)'),
      node('y = Concat(f, g)', { axis: { kind: 'int', value: 1 } }),
    ];
    expect(told(['N', 3, 8, 8], both, { m: weights(8, 6) })).toBe('chw');
  });

  it('is not told by a dense layer on all of it, nor where convolutions want different axes', () => {
    expect(
      told(['N', 8, 20, 20], [node('f = Flatten(x)'), node('y = MatMul(f, m)')], { m: weights(3200, 2) }),
    ).toBeUndefined();
    const torn = [
      node('a = Conv(x, w)'),
      node('t = Transpose(x)', perm(0, 3, 1, 2)),
      node('b = Conv(t, w)'),
      node('y = Add(a, b)'),
    ];
    expect(told(['N', 3, 3, 3], torn)).toBeUndefined();
    expect(told(['N', 4], [node('y = Relu(x)')])).toBeUndefined();
  });

  it('of recurrent networks is steps, then features, however the batch axis lies', () => {
    const lstm = [
      node('t = Transpose(x)', perm(1, 0, 2)),
      node('y, h, c = LSTM(t, w2, r2)', { hidden_size: { kind: 'int', value: 2 } }),
    ];
    expect(told(['N', 9, 5], lstm, { w2: weights(1, 8, 5), r2: weights(1, 8, 2) })).toBe('wc');
  });
});

it('the batch axis may lie elsewhere, or be missing', () => {
  const time = graphOf({
    inputs: [value('x', [9, 'N', 5])],
    outputs: [value('y', undefined)],
    constants: { w: weights(1, 8, 5), r: weights(1, 8, 2) },
    nodes: [node('y, h, c = LSTM(x, w, r)', { hidden_size: { kind: 'int', value: 2 } })],
  });
  expect(layoutIn(time, 'x', 1)).toBe('wc');
  const picture = graphOf({
    inputs: [value('x', [8, 8, 3])],
    outputs: [value('y', undefined)],
    constants: { w: weights(4, 3, 3, 3), one: int64([0]) },
    nodes: [node('t = Transpose(x)', perm(2, 0, 1)), node('u = Unsqueeze(t, one)'), node('y = Conv(u, w)')],
  });
  expect(layoutIn(picture, 'x', 'none')).toBe('hwc');
});

it('channels of values inside are told too, on both sides of a turn, and numbers shared by both carry nothing over', () => {
  const graph = graphOf({
    inputs: [value('x', ['N', 8, 8, 3])],
    outputs: [value('s', undefined)],
    constants: { w: weights(4, 3, 3, 3), half: weights(1, 1, 1, 1) },
    nodes: [
      node('h = Mul(x, half)'),
      node('t = Transpose(h)', perm(0, 3, 1, 2)),
      node('c = Conv(t, w)'),
      node('r = Relu(c)'),
      node('b = Transpose(r)', perm(0, 2, 3, 1)),
      node('s = Mul(b, half)'),
    ],
  });
  expect(Object.fromEntries(channelAxes(graph))).toEqual({ x: 3, h: 3, t: 1, c: 1, r: 1, b: 3, s: 3 });
});
