/** Generators of convolutions and pools. */
import { sizeOf } from '@onnxplain/core';
import { attr, numArray } from '../../src/index.js';
import type { NodeGenerator } from './arithmetic-generators.js';
import type { GrowingGraph } from './growing-graph.js';
import { fit, number, some } from './operands.js';

interface Window {
  readonly spatial: readonly number[];
  readonly kernel: readonly number[];
  readonly dilations: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
}

function windowOf(g: GrowingGraph): Window {
  const { draw } = g;
  const axes = Array.from({ length: draw.one([1, 2, 2]) }, (_, i) => i);
  const kernel = axes.map(() => draw.int(1, 3));
  const dilations = axes.map(() => draw.one([1, 1, 2]));
  const least = axes.map((i) => (kernel[i] - 1) * dilations[i] + 1);
  return {
    spatial: least.map((size) => Math.min(5, size + draw.int(0, 2))),
    kernel,
    dilations,
    strides: axes.map(() => draw.int(1, 2)),
    pads: [...kernel, ...kernel].map((size) => draw.int(0, Math.min(1, size - 1))),
  };
}

const attributesOf = ({ kernel, dilations, strides, pads }: Window) => ({
  kernel_shape: attr.ints(kernel),
  dilations: attr.ints(dilations),
  strides: attr.ints(strides),
  pads: attr.ints(pads),
});

function convolution(g: GrowingGraph): void {
  const w = windowOf(g);
  const group = g.draw.int(1, 2);
  const [from, to] = [group * g.draw.int(1, 2), group * g.draw.int(1, 2)];
  const x = fit(g, g.pick(), [g.draw.int(1, 2), from, ...w.spatial]);
  const weight = some(g, [to, from / group, ...w.kernel]);
  const bias = g.draw.chance(0.5) ? [some(g, [to])] : [];
  g.keep(g.emit('Conv', [x, weight, ...bias], { ...attributesOf(w), group: attr.int(group) }));
}

function transposed(g: GrowingGraph): void {
  const w = windowOf(g);
  const group = g.draw.int(1, 2);
  const [from, to] = [group, group * g.draw.int(1, 2)];
  const x = fit(g, g.pick(), [1, from, ...w.spatial.map((size) => Math.min(size, 3))]);
  const weight = some(g, [from, to / group, ...w.kernel]);
  const output_padding = attr.ints(w.strides.map((stride) => g.draw.int(0, stride - 1)));
  const bias = g.draw.chance(0.5) ? [some(g, [to])] : [];
  g.keep(
    g.emit('ConvTranspose', [x, weight, ...bias], {
      ...attributesOf(w),
      group: attr.int(group),
      output_padding,
    }),
  );
}

function pool(g: GrowingGraph): void {
  const w = windowOf(g);
  const op = g.draw.one(['MaxPool', 'AveragePool', 'GlobalMaxPool', 'GlobalAveragePool']);
  const x = fit(g, g.pick(), [g.draw.int(1, 2), g.draw.int(1, 2), ...w.spatial]);
  const own = op === 'AveragePool' ? { count_include_pad: attr.int(g.draw.int(0, 1)) } : {};
  const attributes = { ...attributesOf(w), ...own, ceil_mode: attr.int(g.draw.int(0, 1)) };
  g.keep(g.emit(op, [x], op.startsWith('Global') ? {} : attributes));
}

/** Constant numbers between -largest and largest. */
function weights(g: GrowingGraph, dims: readonly number[], largest = 1): string {
  const data = Array.from({ length: sizeOf(dims) }, () => Math.fround((2 * g.draw.uniform() - 1) * largest));
  return g.constant(numArray('float32', dims, data));
}

/** A convolution with a constant kernel, of which tiles are pooled: `lower` computes some of these in phases. */
function tiles(g: GrowingGraph): void {
  const { draw } = g;
  const kernel = [draw.int(1, 4), draw.int(1, 4)];
  const pads = [...kernel, ...kernel].map((size) => draw.int(0, size - 1));
  const blocks = [draw.int(1, 2), draw.int(1, 2)];
  const spatial = blocks.map((count, i) => 2 * count + kernel[i] - 1 - pads[i] - pads[i + 2]);
  if (spatial.some((size) => size < 1)) return;
  const [from, to] = [draw.int(1, 2), draw.int(1, 3)];
  const x = fit(g, g.pick(), [draw.int(1, 2), from, ...spatial]);
  const bias = draw.chance(0.5) ? [weights(g, [to])] : [];
  const convolved = g.emit('Conv', [x, weights(g, [to, from, ...kernel]), ...bias], {
    pads: attr.ints(pads),
  });
  const rectified = draw.chance(0.5) ? g.emit('Relu', [convolved]) : convolved;
  const op = draw.chance(0.8) ? 'MaxPool' : 'AveragePool';
  g.keep(g.emit(op, [rectified], { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) }));
}

/** Channels that fill a block of ONNX Runtime's convolutions. */
const BLOCK = 16;

function activated(g: GrowingGraph, x: string): string {
  const op = g.draw.one(['Relu', 'Clip', 'Clip', 'Sigmoid', 'Tanh', 'HardSwish', 'Swish']);
  if (op === 'Clip') return g.emit('Clip', [x, number(g, 0), number(g, 0.75)]);
  return op === 'Swish' ? g.emit('Mul', [x, g.emit('Sigmoid', [x])]) : g.emit(op, [x]);
}

/** A strided block of a residual network, plain or inverted (pointwise, depthwise, pointwise), between activations. */
function stridedBlock(g: GrowingGraph): void {
  const { draw } = g;
  const x = fit(g, g.pick(), [draw.int(1, 2), draw.one([4, BLOCK]), draw.int(3, 5), draw.int(3, 4)]);
  const conv = (from: string, dims: readonly number[], stride: number) =>
    g.emit('Conv', [from, weights(g, dims, 0.25)], {
      kernel_shape: attr.ints(dims.slice(2)),
      strides: attr.ints([stride, stride]),
      pads: attr.ints(new Array<number>(4).fill(dims[2] >> 1)),
      group: attr.int(dims[1] === 1 ? dims[0] : 1),
    });
  const wide = activated(g, conv(x, [BLOCK, g.dims(x)[1], 1, 1], 1));
  const strided = conv(
    wide,
    draw.one([
      [BLOCK, 1, 3, 3],
      [BLOCK, BLOCK, 3, 3],
    ]),
    2,
  );
  const joined = draw.chance(0.5) ? strided : g.emit('Add', [strided, conv(wide, [BLOCK, BLOCK, 1, 1], 2)]);
  const scaled = draw.chance(0.5) ? joined : g.emit('Mul', [joined, weights(g, [BLOCK, 1, 1], 0.25)]);
  const last = conv(activated(g, scaled), [BLOCK, BLOCK, 1, 1], 1);
  const skipped = draw.chance(0.5) ? last : g.emit('Add', [last, activated(g, scaled)]);
  g.keep(g.emit('GlobalAveragePool', [skipped]));
}

/** A convolution that fills the blocks of ONNX Runtime, of which windows that overlap are pooled. */
function overlaps(g: GrowingGraph): void {
  const { draw } = g;
  const from = draw.int(1, 2);
  const x = fit(g, g.pick(), [1, from, 2 * draw.int(1, 2), 2 * draw.int(1, 2)]);
  const kernel = weights(g, [BLOCK, from, 1, 1]);
  // Equal channels and few different elements of x: ties are frequent.
  const convolved = g.emit('Conv', [draw.chance(0.3) ? g.emit('Round', [x]) : x, kernel]);
  const [kernel_shape, strides, pads] = [attr.ints([3, 3]), attr.ints([2, 2]), attr.ints([1, 1, 1, 1])];
  g.keep(g.emit('MaxPool', [convolved], { kernel_shape, strides, pads }));
}

export const windows: readonly (readonly [NodeGenerator, number])[] = [
  [convolution, 1.5],
  [transposed, 0.7],
  [pool, 1.5],
  [tiles, 0.7],
  [stridedBlock, 0.3],
  [overlaps, 0.5],
];
