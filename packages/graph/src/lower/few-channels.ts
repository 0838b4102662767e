import type { GraphBuilder } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { mathBuilder } from '../builder/math-builder.js';
import type { KernelAxis } from '../infer/window.js';
import type { Constant, Dim, Dims, Graph, Node } from '../ir/types.js';
import { rewriteOps } from '../rewrite/rewrite.js';
import {
  type FloatingConstant,
  isFloating,
  LANES,
  type LayOut,
  laidOut,
  placeOf,
  product,
  productsOf,
  rearranged,
} from './blocks.js';
import { isSingle, transposedConvOf } from './transposed-conv.js';

/**
 * Elements of a block of the result along each axis, smaller ones first. Blocks of 2 x 2 of one channel with strides do not fill the lanes
 * (`tsx bench/spellings.ts --only "Conv of an image"`).
 */
const sizesFor = (channels: number, window: readonly KernelAxis[]): readonly number[] =>
  channels === 1 && window.some(({ stride }) => stride > 1) ? [4] : [2, 4];

/**
 * ConvTranspose in two dimensions that gives up to 4 channels (the gradient of an image): one Conv that computes blocks of 2 x 2 or 4 x 4
 * elements as channels, which are then laid out. ONNX Runtime's convolutions compute 16 channels in the time of 3.
 * Without this pass the gradient of a network of strided convolutions takes 1.05 times as long, of plain ones 1.01 times
 * (`tsx bench/lowering.ts --rounds 40`, which varies by 0.05).
 *
 * Done only where the kernel is constant and larger than the stride, all spatial sizes are known and blocks divide the result. A kernel of
 * blocks is larger, with zeros: where the cotangent is not finite, NaN reaches up to a block further within its row.
 */
export const fewChannels = (
  graph: Graph,
  { sizes = sizesFor, layOut = laidOut }: Partial<BlockChoices> = {},
): Graph => rewriteOps(graph, { ConvTranspose: (node, b) => inBlocks(node, b, { sizes, layOut }) });

/** How blocks are chosen and laid out. */
export interface BlockChoices {
  readonly sizes: typeof sizesFor;
  readonly layOut: LayOut;
}

function inBlocks(
  node: Node,
  given: GraphBuilder,
  { sizes, layOut }: BlockChoices,
): readonly string[] | undefined {
  const b = mathBuilder(given);
  const transposed = transposedConvOf(b, node);
  if (transposed === undefined || isSingle(b, transposed)) return undefined;
  const { x, kernel, group, bias, window } = transposed;
  const weights = b.constantOf(kernel);
  if (weights === undefined || !isFloating(weights)) return undefined;
  if (window.length !== 2 || group !== 1 || bias.length > 0) return undefined;
  const [input, output] = [b.dims(x).slice(2), given.preview(node)[0]?.dims?.slice(2) ?? []];
  const [, channels] = weights.dims;
  const division = dividedBest(channels, sizes(channels, window), { window, input, output });
  if (division === undefined) return undefined;
  const { size, phases } = division;
  const blocks = b.constant(blockKernel(weights, size, phases), `${kernel}/blocks`);
  const computed = b.emit('Conv', [x, blocks], {
    kernel_shape: attr.ints(phases.map(({ taps }) => taps)),
    strides: attr.ints(phases.map(({ stride }) => stride)),
    pads: attr.ints([...phases.map(({ before }) => before), ...phases.map(({ after }) => after)]),
  });
  return [layOut(b, computed, size)];
}

interface Sized {
  readonly window: readonly KernelAxis[];
  /** Of the ConvTranspose. */
  readonly input: Dims;
  readonly output: Dims;
}

/** Most channels of the result: blocks of 2 x 2 elements of as many fill the lanes. */
const FEW = LANES / 4;

/**
 * Share of the products of blocks of 2 x 2 below which blocks of 4 x 4 are taken. Convolutions of smaller maps are slower, but those
 * that fill the lanes several times make more products in the same time.
 */
const worthFor = (channels: number): number => (channels * 4 ** 2 > 2 * LANES ? 1.25 : 0.5);

/** The blocks of the smallest size, or of a larger one that is worth it. */
function dividedBest(channels: number, sizes: readonly number[], { window, input, output }: Sized) {
  if (channels > FEW) return undefined;
  const divisions = sizes.flatMap((size) => {
    const phases = window.map((axis, i) => phasesOf(axis, { size, input: output[i], output: input[i] }));
    if (!phases.every((phase) => phase !== undefined)) return [];
    return [{ size, phases, products: productsOf(channels, product(phases.map(({ taps }) => taps)), size) }];
  });
  const [smallest, larger] = divisions;
  return larger !== undefined && larger.products < worthFor(channels) * smallest.products ? larger : smallest;
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
 * Input i = size I + r meets output o = size I / stride + u at tap k = r + before - stride u, so the kernel over u reaches from the lowest
 * to the highest u for which some r has a tap.
 */
function phasesOf(
  axis: KernelAxis,
  { size, input, output }: { size: number; input: Dim; output: Dim },
): Phases | undefined {
  const { kernel, stride, before } = axis;
  if (typeof input !== 'number' || typeof output !== 'number') return undefined;
  // Smaller kernels overlap little: there a transposed convolution is as fast.
  const pays = kernel > stride && axis.dilation === 1;
  if (!pays || size % stride !== 0 || input % size !== 0) return undefined;
  const [step, windows] = [size / stride, input / size];
  const lowest = Math.ceil((before - kernel + 1) / stride);
  const highest = Math.floor((before + size - 1) / stride);
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

/** [M, C, K, K] -> [size size C, M, taps, taps]. */
function blockKernel(weights: FloatingConstant, size: number, phases: readonly Phases[]): Constant {
  const [outputs, channels] = weights.dims;
  const dims = [size ** 2 * channels, outputs, ...phases.map(({ taps }) => taps)];
  return rearranged(weights, dims, ([to, from, ...tap]) => {
    const [row, column, channel] = placeOf(to, [size, size, channels]);
    const phase = [row, column];
    return [from, channel, ...phases.map(({ link }, i) => link(phase[i], tap[i]))];
  });
}
