import { own } from '@onnxplain/core';
import type { GraphBuilder } from '../builder/build.js';
import { attr } from '../builder/builder.js';
import { type MathBuilder, mathBuilder } from '../builder/math-builder.js';
import { attributesOf } from '../ir/attributes.js';
import { opOf } from '../ir/ops.js';
import { useCounts } from '../ir/scope.js';
import type { Dim, Graph, Node } from '../ir/types.js';
import { prune } from '../rewrite/prune.js';
import { rewrite } from '../rewrite/rewrite.js';

/**
 * Merges affine operations per channel into the weights and the bias of the layer before them: BatchNormalization, and addition,
 * subtraction, multiplication and division by constants. Outputs keep their values up to rounding. A layer whose output has other readers,
 * or is in `kept`, stays as it is.
 *
 * A matrix product of more than two dimensions that gets a bias this way becomes Reshape, Gemm, Reshape.
 */
export function mergeAffine(graph: Graph, kept: ReadonlySet<string> = new Set()): Graph {
  const uses = useCounts(graph, kept);
  return prune(rewrite(graph, (node, b) => merge(node, b, uses)));
}

function merge(
  node: Node,
  b: GraphBuilder,
  uses: ReadonlyMap<string, number>,
): readonly string[] | undefined {
  if (node.domain !== '') return undefined;
  const affine = affineOf(node, b);
  const producer = affine && b.makerOf(affine.x);
  if (affine === undefined || producer === undefined || uses.get(affine.x) !== 1) return undefined;
  const layer = own(LAYERS, producer.op)?.(producer, b);
  if (layer === undefined || producer.domain !== '') return undefined;
  const c = mathBuilder(b);
  const found = coefficients(c, affine, layer);
  return found && [layer.rebuild(c, found)];
}

/** y = x * scale + shift, where scale and shift are constants that broadcast to x. */
interface Affine {
  readonly x: string;
  scale?(c: MathBuilder): string;
  shift?(c: MathBuilder): string;
}

/** A layer whose output channels are along one axis. */
interface Layer {
  readonly output: string;
  /** The axis of the output's channels, counted from 0. */
  readonly axis: number;
  readonly channels: Dim;
  /** Emits the layer with its output multiplied by `scale` and then added to `shift`, both [channels]. */
  rebuild(c: MathBuilder, coefficients: Coefficients): string;
}

interface Coefficients {
  readonly scale: string | undefined;
  readonly shift: string | undefined;
}

function affineOf(node: Node, b: GraphBuilder): Affine | undefined {
  const [x = '', y = ''] = node.inputs;
  if (node.op === 'BatchNormalization') return normalisation(node, b);
  const [varying, constant] = isConstant(b, y) ? [x, y] : [y, x];
  if (constant === '' || !isConstant(b, constant) || isConstant(b, varying)) return undefined;
  const second = constant === y;
  if (node.op === 'Add') return { x: varying, shift: () => constant };
  if (node.op === 'Mul') return { x: varying, scale: () => constant };
  if (node.op === 'Sub' && second) return { x: varying, shift: (c) => c.neg(constant) };
  if (node.op === 'Div' && second) return { x: varying, scale: (c) => c.map('Reciprocal', constant) };
  return undefined;
}

/** BatchNormalization as x * s + (bias - mean * s) with s = scale / sqrt(variance + epsilon). */
function normalisation(node: Node, b: GraphBuilder): Affine | undefined {
  const [x = '', scale, bias, mean, variance] = node.inputs;
  const { epsilon, training_mode: training } = attributesOf(node, 'BatchNormalization');
  if (training) return undefined;
  if (![scale, bias, mean, variance].every((name) => isConstant(b, name))) return undefined;
  const slope = (c: MathBuilder) => c.div(scale, c.map('Sqrt', c.add(variance, epsilon)));
  const along = (c: MathBuilder, vector: string) => alongAxis(c, vector, { axis: 1, rank: c.rank(x) });
  return {
    x,
    scale: (c) => along(c, slope(c)),
    shift: (c) => along(c, c.sub(bias, c.mul(mean, slope(c)))),
  };
}

/** Reshapes a vector so that it broadcasts along an axis. */
function alongAxis(c: MathBuilder, vector: string, { axis, rank }: { axis: number; rank: number }): string {
  return c.reshape(
    vector,
    Array.from({ length: rank }, (_, i) => (i === axis ? -1 : 1)),
  );
}

/** Returns scale and shift as vectors of the layer's channels; undefined where they vary along another axis. */
function coefficients(c: MathBuilder, affine: Affine, layer: Layer): Coefficients | undefined {
  const given = [affine.scale?.(c), affine.shift?.(c)];
  if (!given.every((value) => value === undefined || perChannel(c, value, layer))) return undefined;
  const [scale, shift] = given.map((value) => value && vectorOf(c, value, layer.channels));
  return { scale, shift };
}

/** Whether a constant that broadcasts to the layer's output has size 1 along all axes except that of the channels. */
function perChannel(c: MathBuilder, value: string, { output, axis, channels }: Layer): boolean {
  const [rank, dims] = [c.rank(output), c.dims(value)];
  if (dims.length > rank || c.dtype(value) !== c.dtype(output)) return false;
  const offset = rank - dims.length;
  return dims.every((size, i) => size === 1 || (i + offset === axis && size === channels));
}

function vectorOf(c: MathBuilder, value: string, channels: Dim): string {
  const flat = c.reshape(value, [-1]);
  return c.dims(flat)[0] === channels ? flat : c.emit('Expand', [flat, c.ints([Number(channels)])]);
}

/** Whether a value is omitted, a constant, or computed from constants, as weights are after a merge. */
function isConstant(b: GraphBuilder, name: string | undefined): boolean {
  if (!name || b.constantOf(name) !== undefined) return true;
  return b.makerOf(name)?.inputs.every((input) => isConstant(b, input)) ?? false;
}

type LayerReader = (node: Node, b: GraphBuilder) => Layer | undefined;

/** Weights [M, C/g, ...] of a convolution; [C, M, ...] of a transposed one of a single group. */
const convolution =
  (axis: 0 | 1): LayerReader =>
  (node, b) => {
    const [x = '', weights = '', bias] = node.inputs;
    const channels = b.typeOf(weights)?.dims?.[axis];
    if (!isConstant(b, weights) || !isConstant(b, bias) || typeof channels !== 'number') return undefined;
    if (axis === 1 && attributesOf(node, 'ConvTranspose').group !== 1) return undefined;
    return {
      output: node.outputs[0] ?? '',
      axis: 1,
      channels,
      rebuild(c, { scale, shift }) {
        const rank = c.rank(weights);
        const scaled = scale ? c.mul(weights, alongAxis(c, scale, { axis, rank })) : weights;
        const newBias = mergedBias(c, bias, { scale, shift });
        return c.emit(opOf(node), newBias ? [x, scaled, newBias] : [x, scaled], node.attributes);
      },
    };
  };

/** bias * scale + shift, without the terms that are undefined. */
function mergedBias(
  c: MathBuilder,
  bias: string | undefined,
  { scale, shift }: Coefficients,
): string | undefined {
  const scaled = bias && scale ? c.mul(bias, scale) : bias;
  return scaled && shift ? c.add(scaled, shift) : scaled || shift;
}

/** alpha * A * B + beta * C with the weights B; beta is multiplied into C. */
const gemm: LayerReader = (node, b) => {
  const [x = '', weights = '', bias] = node.inputs;
  const { beta, transB: transposed } = attributesOf(node, 'Gemm');
  const axis = transposed ? 0 : 1;
  const channels = b.typeOf(weights)?.dims?.[axis];
  if (!isConstant(b, weights) || !isConstant(b, bias) || typeof channels !== 'number') return undefined;
  return {
    output: node.outputs[0] ?? '',
    axis: 1,
    channels,
    rebuild(c, { scale, shift }) {
      const scaled = scale ? c.mul(weights, alongAxis(c, scale, { axis, rank: 2 })) : weights;
      const newBias = mergedBias(c, bias && c.mul(bias, beta), { scale, shift });
      const attributes = { ...node.attributes, beta: attr.float(1) };
      return c.emit('Gemm', newBias ? [x, scaled, newBias] : [x, scaled], attributes);
    },
  };
};

/** x * W with one matrix W for all rows. */
const matMul: LayerReader = (node, b) => {
  const [x = '', weights = ''] = node.inputs;
  const [rank, dims] = [b.typeOf(x)?.dims?.length ?? 0, b.typeOf(weights)?.dims];
  const channels = dims?.[1];
  if (!isConstant(b, weights) || dims?.length !== 2 || rank < 2 || typeof channels !== 'number')
    return undefined;
  return {
    output: node.outputs[0] ?? '',
    axis: rank - 1,
    channels,
    rebuild(c, { scale, shift }) {
      const scaled = scale ? c.mul(weights, alongAxis(c, scale, { axis: 1, rank: 2 })) : weights;
      if (!shift) return c.emit('MatMul', [x, scaled]);
      if (rank === 2) return c.emit('Gemm', [x, scaled, shift]);
      const rows = c.reshape(x, [-1, Number(dims[0])]);
      const leading = Array.from({ length: rank - 1 }, (_, axis) => ({ of: x, axis }));
      return c.reshape(c.emit('Gemm', [rows, scaled, shift]), [...leading, channels]);
    },
  };
};

const LAYERS: Readonly<Record<string, LayerReader>> = {
  Conv: convolution(0),
  ConvTranspose: convolution(1),
  Gemm: gemm,
  MatMul: matMul,
};
