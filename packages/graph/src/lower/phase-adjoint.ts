import { attr } from '../builder/builder.js';
import { type MathBuilder, mathBuilder } from '../builder/math-builder.js';
import type { KernelAxis } from '../infer/window.js';
import { attributesOf } from '../ir/attributes.js';
import type { Constant, Dim, Graph, Node } from '../ir/types.js';
import { prune } from '../rewrite/prune.js';
import { type NodeRule, rewriteOps } from '../rewrite/rewrite.js';
import { laidOut, product } from './few-channels.js';
import { BLOCK, PHASES, phasesPay, rearranged } from './phases.js';
import { transposedConvOf } from './transposed-conv.js';

/**
 * ConvTranspose of an image that DepthToSpace puts together, as it does with the cotangent of a pool of 2 x 2 windows: one Conv that reads
 * the phases as channels and computes the phases of the result, which are then laid out. The image itself is not computed.
 * Without this pass the gradient of LeNet takes 1.2 times as long (`tsx bench/spellings.ts --only "MaxPool 2x2"`).
 *
 * Done only where the kernel is constant, strides are 1, sizes are known and even, and `pays` says so.
 */
export function phaseAdjoint(graph: Graph, pays = phasesPay): Graph {
  const rewritten = rewriteOps(graph, {
    ConvTranspose: (node, b) => onPhases(node, { b, pays }),
  });
  return rewritten === graph ? graph : prune(rewritten);
}

interface Context {
  readonly b: Parameters<NodeRule>[1];
  readonly pays: typeof phasesPay;
}

function onPhases(node: Node, { b: given, pays }: Context): readonly string[] | undefined {
  const b = mathBuilder(given);
  const transposed = transposedConvOf(b, node);
  const phases = transposed && phasesRead(given.makerOf(transposed.x));
  const weights = transposed && b.constantOf(transposed.kernel);
  if (transposed === undefined || phases === undefined || weights === undefined) return undefined;
  const { kernel, group, bias, window } = transposed;
  if (group !== 1 || bias.length > 0 || window.length !== 2) return undefined;
  const [input, output] = [b.dims(phases).slice(2), given.preview(node)[0]?.dims?.slice(2) ?? []];
  const axes = window.map((axis, i) => blocksOf(axis, input[i], output[i]));
  if (!axes.every((axis) => axis !== undefined)) return undefined;
  const [, channels, ...taps] = weights.dims;
  const inPhases = phaseKernel(weights, axes);
  const phaseTaps = PHASES * product(axes.map((axis) => axis.taps));
  if (inPhases === undefined || !pays({ channels, taps, phaseTaps })) return undefined;
  const convolved = b.emit('Conv', [phases, b.constant(inPhases, `${kernel}/phases`)], {
    kernel_shape: attr.ints(axes.map((axis) => axis.taps)),
    pads: attr.ints([...axes.map((axis) => axis.before), ...axes.map((axis) => axis.after)]),
  });
  return [wholeImage(b, convolved, { channels, axes })];
}

/** The value of which a node takes the phases of an image from the channels. */
function phasesRead(node: Node | undefined): string | undefined {
  if (node?.op !== 'DepthToSpace' || node.domain !== '') return undefined;
  const { blocksize, mode } = attributesOf(node, 'DepthToSpace');
  return blocksize === BLOCK && mode === 'DCR' ? node.inputs[0] : undefined;
}

/** How blocks of the result read the phases along one axis. */
interface Blocks {
  readonly count: number;
  /** Elements of the first block that lie before the result. */
  readonly skipped: number;
  readonly taps: number;
  /** Padding of the phases. */
  readonly before: number;
  readonly after: number;
  /** Which tap of the image's kernel links element `to` of a block and phase `from` at tap `tap`; outside of the kernel: none. */
  link(to: number, from: number, tap: number): number;
}

/** The result can be divided into blocks from its first element, or from one before it. That with fewer taps is taken. */
function blocksOf(axis: KernelAxis & { outputPadding: number }, input: Dim, output: Dim): Blocks | undefined {
  if (typeof input !== 'number' || typeof output !== 'number') return undefined;
  const dense = axis.stride === 1 && axis.dilation === 1 && axis.outputPadding === 0;
  if (!dense || output % BLOCK !== 0) return undefined;
  const [aligned, shifted] = [0, 1].map((skipped) => blocksFrom(skipped, { axis, input, output }));
  return shifted !== undefined && (aligned === undefined || shifted.taps < aligned.taps) ? shifted : aligned;
}

/** Element i = 2 I + r - skipped of the result meets element o = 2 (I + t) + s of the image at tap i + before - o of its kernel. */
function blocksFrom(
  skipped: number,
  { axis, input, output }: { axis: KernelAxis; input: number; output: number },
): Blocks | undefined {
  const shift = axis.before - skipped;
  const lowest = Math.ceil((shift - BLOCK + 2 - axis.kernel) / BLOCK);
  const highest = Math.floor((shift + BLOCK - 1) / BLOCK);
  const count = output / BLOCK + skipped;
  const after = count + highest - input;
  if (lowest > 0 || after < 0) return undefined;
  return {
    count,
    skipped,
    taps: highest - lowest + 1,
    before: -lowest,
    after,
    link: (to, from, tap) => to + shift - from - BLOCK * (tap + lowest),
  };
}

/** [M, C, K, K] -> [C 2 2, 2 2 M, taps, taps]. */
function phaseKernel(weights: Constant, axes: readonly Blocks[]): Constant | undefined {
  const [images, channels] = weights.dims;
  const dims = [channels * PHASES, PHASES * images, ...axes.map(({ taps }) => taps)];
  return rearranged(weights, dims, ([to, from, ...tap]) => {
    const [target, source] = [to % PHASES, Math.floor(from / images)];
    const links = axes.map(({ link }, i) => link(along(target, i), along(source, i), tap[i]));
    return [from % images, Math.floor(to / PHASES), ...links];
  });
}

/** Row (axis 0) or column (axis 1) of a phase. */
const along = (phase: number, axis: number): number =>
  axis === 0 ? Math.floor(phase / BLOCK) : phase % BLOCK;

interface Shape {
  readonly channels: number;
  readonly axes: readonly Blocks[];
}

/** Lays the blocks out and cuts off what lies outside of the result. */
function wholeImage(b: MathBuilder, blocks: string, { channels, axes }: Shape): string {
  const [rows, columns] = axes.map(({ count }) => count);
  const cut = axes.flatMap(({ skipped, count }, i) =>
    skipped === 0 ? [] : [{ axis: i + 2, from: skipped, to: BLOCK * count - skipped }],
  );
  return b.slice(laidOut(b, blocks, { channels, rows, columns }), cut);
}
