import { attr } from '../builder/builder.js';
import { type MathBuilder, mathBuilder } from '../builder/math-builder.js';
import type { KernelAxis } from '../infer/window.js';
import type { Constant, Dims, Graph } from '../ir/types.js';
import { type NodeRule, rewriteOps } from '../rewrite/rewrite.js';
import { isSingle, transposedConvOf } from './transposed-conv.js';

/** Elements of the input along each axis that one window computes together. */
const BLOCK = 2;

/** Up to so many channels; four times as many fill the 16 lanes that runtimes compute at once. */
const FEW = 4;

/**
 * ConvTranspose in two dimensions that gives few channels (the gradient of an image): one Conv that computes blocks of 2 x 2 elements as
 * channels, which are then laid out. ONNX Runtime's convolutions compute 16 channels in the time of 3.
 * Without this pass the gradient of a network of plain convolutions takes 1.12 times as long, of strided ones 0.95 times
 * (`tsx bench/lowering.ts --rounds 25`, which varies by 0.05).
 *
 * Done only where the kernel is constant and larger than the stride, all spatial sizes are known and those of the result are even.
 */
export const fewChannels = (graph: Graph): Graph => rewriteOps(graph, { ConvTranspose: inBlocks });

const inBlocks: NodeRule = (node, given) => {
  const b = mathBuilder(given);
  const transposed = transposedConvOf(b, node);
  if (transposed === undefined || isSingle(b, transposed)) return undefined;
  const { x, kernel, group, bias, window } = transposed;
  const weights = b.constantOf(kernel);
  const few = weights !== undefined && weights.dims[1] <= FEW;
  if (!few || window.length !== 2 || group !== 1 || bias.length > 0) return undefined;
  const [input, output] = [b.dims(x).slice(2), given.preview(node)[0]?.dims?.slice(2) ?? []];
  const phases = window.map((axis, i) => phasesOf(axis, output[i], input[i]));
  if (!phases.every((phase) => phase !== undefined)) return undefined;
  const blocks = blockKernel(weights, phases);
  if (blocks === undefined) return undefined;
  const channels = b.emit('Conv', [x, b.constant(blocks, `${kernel}/blocks`)], {
    kernel_shape: attr.ints(phases.map(({ taps }) => taps)),
    strides: attr.ints(phases.map(({ stride }) => stride)),
    pads: attr.ints([...phases.map(({ before }) => before), ...phases.map(({ after }) => after)]),
  });
  const [rows, columns] = phases.map(({ blocks }) => blocks);
  return [laidOut(b, channels, { channels: weights.dims[1], rows, columns })];
};

interface Blocks {
  readonly channels: number;
  readonly rows: number;
  readonly columns: number;
  /** Elements of a block along each axis. Default: 2. */
  readonly size?: number;
}

/**
 * [N, C size size, rows, columns] -> [N, C, size rows, size columns], column by column, then row by row: ONNX Runtime moves one axis at
 * a time several times faster than DepthToSpace moves two.
 */
export function laidOut(
  b: MathBuilder,
  x: string,
  { channels, rows, columns, size = BLOCK }: Blocks,
): string {
  const pairs = b.transpose(b.reshape(x, [-1, size, rows * columns]), [0, 2, 1]);
  const lines = b.transpose(b.reshape(pairs, [-1, size, rows, size * columns]), [0, 2, 1, 3]);
  return b.reshape(lines, [-1, channels, size * rows, size * columns]);
}

/** How a kernel over the outputs that computes a block of inputs slides along one axis. */
interface Phases {
  /** Of the input. */
  readonly blocks: number;
  readonly taps: number;
  readonly stride: number;
  readonly before: number;
  readonly after: number;
  /** Which tap of the convolution links element `phase` of a block and tap `tap` of this kernel; outside of it: none. */
  link(phase: number, tap: number): number;
}

/**
 * Input i = 2 I + r meets output o = 2 I / stride + u at tap k = r + before - stride u, so the kernel over u reaches from the lowest to
 * the highest u for which some r has a tap.
 */
function phasesOf(axis: KernelAxis, input: Dims[number], output: Dims[number]): Phases | undefined {
  const { kernel, stride, before } = axis;
  if (typeof input !== 'number' || typeof output !== 'number') return undefined;
  // Smaller kernels overlap little: there a transposed convolution is as fast.
  const pays = kernel > stride && axis.dilation === 1;
  if (!pays || BLOCK % stride !== 0 || input % BLOCK !== 0) return undefined;
  const [step, windows] = [BLOCK / stride, input / BLOCK];
  const lowest = Math.ceil((before - kernel + 1) / stride);
  const highest = Math.floor((before + BLOCK - 1) / stride);
  const overhang = step * (windows - 1) + highest - (output - 1);
  if (lowest > 0 || overhang <= -step) return undefined;
  return {
    blocks: windows,
    taps: highest - lowest + 1,
    stride: step,
    before: -lowest,
    after: Math.max(0, overhang),
    link: (phase, tap) => phase + before - stride * (tap + lowest),
  };
}

/** [M, C, K, K] -> [C 2 2, M, taps, taps]. */
function blockKernel({ dims, data, dtype }: Constant, [rows, columns]: readonly Phases[]) {
  if (!(data instanceof Float32Array || data instanceof Float64Array)) return undefined;
  const [outputs, inputs, height, width] = dims;
  const shape = [inputs * BLOCK * BLOCK, outputs, rows.taps, columns.taps];
  const values = Float64Array.from({ length: product(shape) }, (_, at) => {
    const [channel, output, i, j] = placeOf(at, shape);
    const y = rows.link(Math.floor(channel / BLOCK) % BLOCK, i);
    const x = columns.link(channel % BLOCK, j);
    if (y < 0 || y >= height || x < 0 || x >= width) return 0;
    const input = Math.floor(channel / (BLOCK * BLOCK));
    return data[((output * inputs + input) * height + y) * width + x];
  });
  return { dtype, dims: shape, data: data instanceof Float32Array ? new Float32Array(values) : values };
}

export const product = (sizes: readonly number[]): number => sizes.reduce((total, size) => total * size, 1);

/** The indices of an element in row-major order. */
export function placeOf(at: number, dims: readonly number[]): readonly number[] {
  return dims.map((size, axis) => Math.floor(at / product(dims.slice(axis + 1))) % size);
}
