import { describe, expect, it } from 'vitest';
import { float32, graphOf, int64, node, value } from '../../../test/graphs.js';
import { attr } from '../../builder/builder.js';
import { numArray } from '../../interpreter/array.js';
import { interpret } from '../../interpreter/interpret.js';
import { grad } from '../grad.js';

/** Cotangents 1, -1, 1, -1 come to an activation of 2, 2, -2, -2. */
function sentBack(activation: ReturnType<typeof node>, rules: 'gradient' | 'guided' | 'deconv'): number[] {
  const graph = graphOf({
    inputs: [value('x', [4])],
    outputs: [value('y', [])],
    constants: {
      signs: float32([4], [1, -1, 1, -1]),
      zero: float32([], [0]),
      minus: float32([], [-1]),
      six: float32([], [6]),
      slope: float32([1], [0.25]),
      axes: int64([0]),
    },
    nodes: [activation, node('p = Mul(h, signs)'), node('y = ReduceSum(p, axes)', { keepdims: attr.int(0) })],
  });
  const x = numArray('float32', [4], [2, 2, -2, -2]);
  return Array.from(interpret(grad(graph, { rules }), { x }).gradient.data, (d) => d + 0);
}

describe('guided backpropagation and deconvnet', () => {
  it.each([
    ['Relu', node('h = Relu(x)')],
    ['Clip from 0', node('h = Clip(x, zero, six)')],
    ['Max with 0', node('h = Max(x, zero)')],
    ['0 in front', node('h = Max(zero, x)')],
    ['ThresholdedRelu', node('h = ThresholdedRelu(x)')],
  ])('rectify at %s', (_, activation) => {
    expect(sentBack(activation, 'gradient')).toEqual([1, -1, 0, 0]);
    expect(sentBack(activation, 'guided')).toEqual([1, 0, 0, 0]);
    expect(sentBack(activation, 'deconv')).toEqual([1, 0, 1, 0]);
  });

  it.each([
    ['LeakyRelu', node('h = LeakyRelu(x)', { alpha: attr.float(0.25) })],
    ['PRelu', node('h = PRelu(x, slope)')],
  ])('keep the slope of %s below zero', (_, activation) => {
    expect(sentBack(activation, 'guided')).toEqual([1, 0, 0.25, 0]);
    expect(sentBack(activation, 'deconv')).toEqual([1, 0, 1, 0]);
  });

  it.each([
    ['Tanh', node('h = Tanh(x)')],
    ['Clip from below 0', node('h = Clip(x, minus, six)')],
    ['Max with something else', node('h = Max(x, minus)')],
    ['Min', node('h = Min(x, zero)')],
  ])('leave %s its derivative', (_, activation) => {
    const derivative = sentBack(activation, 'gradient');
    expect(sentBack(activation, 'guided')).toEqual(derivative);
    expect(sentBack(activation, 'deconv')).toEqual(derivative);
  });
});
