import type { GraphBuilder } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { type MathBuilder, mathBuilder } from '../builder/math-builder.js';
import { attributesOf } from '../ir/attributes.js';
import type { Constant, Dim, Dims, Graph, Node } from '../ir/types.js';
import { prune } from '../rewrite/prune.js';
import { rewriteOps } from '../rewrite/rewrite.js';
import {
  type FloatingConstant,
  isFloating,
  LANES,
  laidOut,
  placeOf,
  product,
  productsOf,
  rearranged,
} from './blocks.js';
import { BLOCK, PHASES, phasesPay } from './phases.js';
import { type TransposedConv, transposedConvOf } from './transposed-conv.js';

/**
 * ConvTranspose of an image that DepthToSpace puts together, as it does with the cotangent of a pool of 2 x 2 windows: one Conv that reads
 * the phases as channels and computes blocks of 2 x 2 or 4 x 4 elements of the result as channels, which are then laid out. The image
 * itself is not computed.
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
  readonly b: GraphBuilder;
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
  const division = dividedBest(weights.dims[1], { window, input, output });
  if (division === undefined || !isFloating(weights)) return undefined;
  const { axes, products } = division;
  const [, channels, ...taps] = weights.dims;
  if (!pays({ channels, taps, products })) return undefined;
  const sums = sourcesOf(given, phases).map((source) => {
    const inPhases = b.constant(phaseKernel(weights, axes, source.phases), `${kernel}/phases`);
    return b.emit('Conv', [source.x, inPhases], {
      kernel_shape: attr.ints(axes.map((axis) => axis.taps)),
      strides: attr.ints(axes.map((axis) => axis.size / BLOCK)),
      pads: attr.ints([...axes.map((axis) => axis.before), ...axes.map((axis) => axis.after)]),
    });
  });
  const blocks = sums.reduce((sum, each) => b.add(sum, each));
  return [wholeImage(b, blocks, { axes, output: output.map(Number) })];
}

/** The value of which a node takes the phases of an image from the channels. */
function phasesRead(node: Node | undefined): string | undefined {
  if (node?.op !== 'DepthToSpace' || node.domain !== '') return undefined;
  const { blocksize, mode } = attributesOf(node, 'DepthToSpace');
  return blocksize === BLOCK && mode === 'DCR' ? node.inputs[0] : undefined;
}

/** A value with some of the phases as channels. */
interface Source {
  readonly x: string;
  readonly phases: readonly number[];
}

/**
 * All phases together, or each alone where it has fewer channels than fill a block: ONNX Runtime reads so few channels from where they
 * are, and all phases together would have to be joined and filled up.
 */
function sourcesOf(b: GraphBuilder, phases: string): readonly Source[] {
  const { op, domain, inputs = [] } = b.makerOf(phases) ?? {};
  const isJoined = op === 'Concat' && domain === '' && inputs.length === PHASES;
  const areFew = inputs.every((x) => Number(b.dims(x)[1]) < LANES);
  if (!isJoined || !areFew) return [{ x: phases, phases: [0, 1, 2, 3] }];
  return inputs.map((x, phase) => ({ x, phases: [phase] }));
}

/** How blocks of the result read the phases along one axis. */
interface Blocks {
  /** Elements of a block. */
  readonly size: number;
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

interface Transposed {
  readonly window: TransposedConv['window'];
  /** Of the phases. */
  readonly input: Dims;
  readonly output: Dims;
}

/** Elements of a block of the result along each axis. */
const SIZES = [BLOCK, 2 * BLOCK];

/** The blocks, of those sizes and from the first element of the result or from one before it, with the fewest products. */
function dividedBest(channels: number, { window, input, output }: Transposed) {
  const divisions = SIZES.flatMap((size) => {
    const axes = window.map((axis, i) => blocksOf(size, { axis, input: input[i], output: output[i] }));
    if (!axes.every((axis) => axis !== undefined)) return [];
    return [{ axes, products: productsOf(channels, PHASES * product(axes.map(({ taps }) => taps)), size) }];
  });
  const least = Math.min(...divisions.map(({ products }) => products));
  return divisions.find(({ products }) => products === least);
}

interface Axis {
  readonly axis: TransposedConv['window'][number];
  readonly input: Dim;
  readonly output: Dim;
}

function blocksOf(size: number, { axis, input, output }: Axis): Blocks | undefined {
  if (typeof input !== 'number' || typeof output !== 'number') return undefined;
  const dense = axis.stride === 1 && axis.dilation === 1 && axis.outputPadding === 0;
  if (!dense || output % size !== 0) return undefined;
  const [aligned, shifted] = [0, 1].map((skipped) => blocksFrom(skipped, { size, axis, input, output }));
  return shifted !== undefined && (aligned === undefined || shifted.taps < aligned.taps) ? shifted : aligned;
}

interface KnownAxis extends Axis {
  readonly size: number;
  readonly input: number;
  readonly output: number;
}

/**
 * Element i = size I + r - skipped of the result meets element o = size I + 2 t + s of the image, of phase s, at tap i + before - o of its
 * kernel.
 */
function blocksFrom(skipped: number, { size, axis, input, output }: KnownAxis): Blocks | undefined {
  const shift = axis.before - skipped;
  const lowest = Math.ceil((shift - BLOCK + 2 - axis.kernel) / BLOCK);
  const highest = Math.floor((shift + size - 1) / BLOCK);
  const count = Math.ceil((output + skipped) / size);
  const after = (size / BLOCK) * (count - 1) + highest + 1 - input;
  if (lowest > 0 || after < 0) return undefined;
  return {
    size,
    count,
    skipped,
    taps: highest - lowest + 1,
    before: -lowest,
    after,
    link: (to, from, tap) => to + shift - from - BLOCK * (tap + lowest),
  };
}

/** [M, C, K, K] -> [size size C, M for each phase, taps, taps]. */
function phaseKernel(
  weights: FloatingConstant,
  axes: readonly Blocks[],
  phases: readonly number[],
): Constant {
  const [images, channels] = weights.dims;
  const [{ size }] = axes;
  const dims = [size ** 2 * channels, phases.length * images, ...axes.map(({ taps }) => taps)];
  // By element of a block, phase that is read, and tap.
  const [rows, columns] = axes.map(({ link, taps }, axis) =>
    indexed(size ** 2, (to) =>
      phases.map((from) =>
        indexed(taps, (tap) => link(placeIn(size, to)[axis], placeIn(BLOCK, from)[axis], tap)),
      ),
    ),
  );
  return rearranged(weights, dims, (indices) => {
    const [to, from] = [Math.floor(indices[0] / channels), Math.floor(indices[1] / images)];
    const channel = indices[0] % channels;
    return [indices[1] % images, channel, rows[to][from][indices[2]], columns[to][from][indices[3]]];
  });
}

const indexed = <T>(length: number, make: (i: number) => T): readonly T[] =>
  Array.from({ length }, (_, i) => make(i));

/** Row and column of an element of a square of this size. */
const placeIn = (size: number, at: number): readonly number[] => placeOf(at, [size, size]);

interface Shape {
  readonly axes: readonly Blocks[];
  readonly output: readonly number[];
}

/** Lays the blocks out and cuts off what lies outside of the result. */
function wholeImage(b: MathBuilder, blocks: string, { axes, output }: Shape): string {
  const whole = laidOut(b, blocks, axes[0].size);
  const cut = axes.flatMap(({ skipped, size, count }, i) =>
    size * count === output[i] ? [] : [{ axis: i + 2, from: skipped, to: skipped + output[i] }],
  );
  return b.slice(whole, cut);
}
