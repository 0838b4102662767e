/** The rules that have several spellings, and the shapes at which these are measured. */
import { type Graph, loweringPasses, loweringTargets, prune } from '@onnxplain/graph';
import { byNumbers } from '../../packages/graph/src/lower/blocks.js';
import { fewChannels } from '../../packages/graph/src/lower/few-channels.js';
import { mergedChannels } from '../../packages/graph/src/lower/merged-channels.js';
import { phaseAdjoint } from '../../packages/graph/src/lower/phase-adjoint.js';
import { phasePool } from '../../packages/graph/src/lower/phase-pool.js';
import { stridedAdjoints } from '../../packages/graph/src/lower/strided-adjoints.js';
import type { Activation, Network } from './network.js';

/** Rewrites a plain gradient graph into one spelling for ONNX Runtime's CPU provider. */
export type Spelling = (gradient: Graph) => Graph;

export interface Row {
  readonly rule: string;
  readonly shape: string;
  readonly batch: number;
  readonly network: Network;
  readonly spellings: Readonly<Record<string, Spelling>>;
}

type Pass = (typeof loweringTargets)['ort-cpu'][number];

/** All passes of the CPU provider, with some of them replaced, or left out where the replacement is undefined. */
export function lowered(replaced: Readonly<Partial<Record<Pass, Spelling | undefined>>>): Spelling {
  const passes = loweringTargets['ort-cpu'].flatMap((name) => {
    const pass = name in replaced ? replaced[name] : loweringPasses[name];
    return pass === undefined ? [] : [pass];
  });
  return (gradient) => prune(passes.reduce((graph, pass) => pass(graph), gradient));
}

const none = undefined;
const always = (): boolean => true;
const phasesOfAdjoint = (graph: Graph) => phaseAdjoint(graph, always);
const phasesOfConv = (graph: Graph) => phasePool(graph, always);

/** How the cotangent of a pool of windows that tile the image is put together. */
const tiles: Row['spellings'] = {
  DepthToSpace: lowered({ 'phase-pool': none, 'phase-adjoint': none, 'joined-tiles': none }),
  'channels last': lowered({ 'phase-pool': none, 'phase-adjoint': none }),
  'adjoint in phases': lowered({ 'phase-pool': none, 'phase-adjoint': phasesOfAdjoint }),
  'convolution in phases': lowered({ 'phase-pool': phasesOfConv, 'phase-adjoint': none }),
  'both in phases': lowered({ 'phase-pool': phasesOfConv, 'phase-adjoint': phasesOfAdjoint }),
};

/** A convolution of kernel x kernel from `from` to `to` channels on images of size x size, then a pool of 2 x 2 and another convolution. */
const tiled = (from: number, to: number, { kernel, size, batch }: Sized): Row => ({
  rule: 'MaxPool 2x2',
  shape: `${from} > ${to}, ${kernel}x${kernel}, ${size}x${size}, batch ${batch}`,
  batch,
  network: {
    input: [from, size, size],
    layers: [
      { channels: to, kernel },
      { pool: 'MaxPool', kernel: 2, stride: 2 },
      { channels: 16, kernel: 3 },
    ],
  },
  spellings: tiles,
});

interface Sized {
  readonly kernel: number;
  readonly size: number;
  readonly batch: number;
}

/** How the indices of the maxima are computed that a pool of overlapping windows adds its cotangents at. */
const overlaps: Row['spellings'] = {
  'pool with indices': lowered({ 'pool-positions': none }),
  'positions by pools': lowered({}),
};

/** A strided convolution, a pool of 3 x 3 with a stride of 2 on maps of size x size, and another convolution. */
const overlapping = (channels: number, { kernel, size, batch }: Sized): Row => ({
  rule: 'MaxPool 3x3, stride 2',
  shape: `${channels}, ${size}x${size}, batch ${batch}`,
  batch,
  network: {
    input: [3, 2 * size, 2 * size],
    layers: [
      { channels, kernel, stride: 2 },
      { pool: 'MaxPool', kernel: 3, stride: 2, pad: 1 },
      { channels: 16, kernel: 3 },
    ],
  },
  spellings: overlaps,
});

const phases = (graph: Graph) => stridedAdjoints(graph, always);

/** A residual block whose branches have a stride of 2, on images of size x size, between convolutions. */
const residual = (from: number, to: number, { size, batch }: Omit<Sized, 'kernel'>): Row => ({
  rule: 'strided Conv',
  shape: `residual ${from} > ${to}, ${size}x${size}, batch ${batch}`,
  batch,
  network: {
    input: [from, size, size],
    layers: [
      { channels: from, kernel: 3 },
      {
        joined: [
          { channels: to, kernel: 3, stride: 2 },
          { channels: to, kernel: 1, stride: 2 },
        ],
      },
      { channels: to, kernel: 3 },
    ],
  },
  spellings: {
    ConvTranspose: lowered({ 'strided-adjoints': none }),
    phases: lowered({ 'strided-adjoints': phases }),
  },
});

/** An inverted residual block with a stride of 2: to `wide` channels, depthwise, to `to` channels. */
const inverted = (
  from: number,
  [wide, to]: readonly [number, number],
  { size, batch }: Omit<Sized, 'kernel'>,
): Row => ({
  rule: 'strided Conv',
  shape: `inverted ${from} > ${wide} > ${to}, ${size}x${size}, batch ${batch}`,
  batch,
  network: {
    input: [from, size, size],
    layers: [
      { channels: from, kernel: 1 },
      { channels: wide, kernel: 1, activation: 'ReLU6' },
      { channels: wide, kernel: 3, stride: 2, group: wide, activation: 'ReLU6' },
      { channels: to, kernel: 1 },
    ],
  },
  spellings: {
    ConvTranspose: lowered({ 'strided-adjoints': none, 'conv-transpose': none }),
    'zeros between': lowered({ 'strided-adjoints': none }),
    phases: lowered({ 'strided-adjoints': phases }),
  },
});

/** Masks of rectifiers between pointwise and depthwise convolutions. */
const masks = (activation: Activation, channels: number, { size, batch }: Omit<Sized, 'kernel'>): Row => ({
  rule: 'mask',
  shape: `${activation}, ${channels}, ${size}x${size}, batch ${batch}`,
  batch,
  network: {
    input: [16, size, size],
    layers: [
      { channels, kernel: 1, activation },
      { channels, kernel: 3, group: channels, activation },
      { channels: 16, kernel: 1 },
    ],
  },
  spellings: {
    comparisons: lowered({ 'steep-masks': none, 'nchwc-masks': none }),
    HardSigmoid: lowered({ 'nchwc-masks': none }),
    'in the layout': lowered({}),
  },
});

/** An activation between pointwise and depthwise convolutions. */
const activation = (name: Activation, channels: number, { size, batch }: Omit<Sized, 'kernel'>): Row => ({
  rule: name,
  shape: `${channels}, ${size}x${size}, batch ${batch}`,
  batch,
  network: {
    input: [16, size, size],
    layers: [
      { channels, kernel: 1, activation: name },
      { channels, kernel: 3, group: channels, activation: name },
      { channels: 16, kernel: 1 },
    ],
  },
  spellings: { plain: lowered({ 'nchwc-scalars': none }), 'in the layout': lowered({}) },
});

/** How the cotangent of an image is computed. */
const images: Row['spellings'] = {
  ConvTranspose: lowered({ 'few-channels': none }),
  'blocks of 2 x 2': lowered({ 'few-channels': (graph: Graph) => fewChannels(graph, { sizes: () => [2] }) }),
  'blocks of 4 x 4': lowered({ 'few-channels': (graph: Graph) => fewChannels(graph, { sizes: () => [4] }) }),
  'blocks by DepthToSpace': lowered({
    'few-channels': (graph: Graph) => fewChannels(graph, { layOut: byNumbers }),
  }),
};

interface Image extends Sized {
  readonly stride: number;
}

/** A convolution of an image of size x size with `from` channels, and another convolution. */
const image = (from: number, to: number, { kernel, stride, size, batch }: Image): Row => ({
  rule: 'Conv of an image',
  shape: `${from} > ${to}, ${kernel}x${kernel}, stride ${stride}, ${size}x${size}, batch ${batch}`,
  batch,
  network: {
    input: [from, size, size],
    layers: [
      { channels: to, kernel, stride },
      { channels: 16, kernel: 3, stride: 2 },
    ],
  },
  spellings: images,
});

/** How the cotangents of windows that overlap are added up. */
const means: Row['spellings'] = {
  'channels merged': lowered({ 'merged-channels': none }),
  'one channel a group': lowered({ 'merged-channels': (graph: Graph) => mergedChannels(graph, always) }),
};

interface Averaged extends Image {
  readonly pad: number;
}

/** A pool of means on maps of size x size between pointwise convolutions. */
const averaged = (channels: number, { kernel, stride, pad, size, batch }: Averaged): Row => ({
  rule: 'AveragePool',
  shape: `${channels}, ${kernel}x${kernel}, stride ${stride}, ${size}x${size}, batch ${batch}`,
  batch,
  network: {
    input: [16, size, size],
    layers: [
      { channels, kernel: 1 },
      { pool: 'AveragePool', kernel, stride, pad },
      { channels: 16, kernel: 1 },
    ],
  },
  spellings: means,
});

export const rows: readonly Row[] = [
  image(1, 16, { kernel: 5, stride: 2, size: 28, batch: 50 }),
  image(1, 32, { kernel: 5, stride: 2, size: 28, batch: 50 }),
  image(1, 64, { kernel: 5, stride: 2, size: 28, batch: 50 }),
  image(1, 16, { kernel: 3, stride: 2, size: 28, batch: 50 }),
  image(3, 16, { kernel: 3, stride: 2, size: 32, batch: 32 }),
  image(3, 32, { kernel: 3, stride: 2, size: 224, batch: 2 }),
  image(1, 8, { kernel: 5, stride: 1, size: 28, batch: 50 }),
  image(1, 16, { kernel: 3, stride: 1, size: 28, batch: 50 }),
  image(1, 32, { kernel: 3, stride: 1, size: 28, batch: 50 }),
  image(2, 32, { kernel: 5, stride: 1, size: 28, batch: 50 }),
  image(3, 32, { kernel: 3, stride: 1, size: 32, batch: 32 }),
  image(1, 64, { kernel: 7, stride: 2, size: 112, batch: 4 }),
  image(3, 64, { kernel: 7, stride: 2, size: 224, batch: 2 }),
  image(3, 64, { kernel: 11, stride: 4, size: 224, batch: 4 }),
  averaged(64, { kernel: 2, stride: 2, pad: 0, size: 56, batch: 4 }),
  averaged(64, { kernel: 3, stride: 1, pad: 1, size: 35, batch: 8 }),
  averaged(4, { kernel: 3, stride: 2, pad: 1, size: 28, batch: 50 }),
  averaged(8, { kernel: 3, stride: 2, pad: 1, size: 28, batch: 50 }),
  averaged(12, { kernel: 3, stride: 2, pad: 1, size: 28, batch: 50 }),
  averaged(16, { kernel: 3, stride: 2, pad: 1, size: 112, batch: 4 }),
  averaged(24, { kernel: 3, stride: 2, pad: 1, size: 28, batch: 8 }),
  averaged(64, { kernel: 3, stride: 2, pad: 1, size: 56, batch: 4 }),
  averaged(64, { kernel: 3, stride: 2, pad: 0, size: 35, batch: 8 }),
  averaged(192, { kernel: 3, stride: 2, pad: 1, size: 14, batch: 8 }),
  averaged(64, { kernel: 5, stride: 3, pad: 0, size: 56, batch: 4 }),
  tiled(1, 6, { kernel: 5, size: 28, batch: 50 }),
  tiled(1, 8, { kernel: 5, size: 28, batch: 50 }),
  tiled(3, 12, { kernel: 3, size: 28, batch: 50 }),
  tiled(1, 16, { kernel: 3, size: 28, batch: 50 }),
  tiled(1, 32, { kernel: 3, size: 28, batch: 50 }),
  tiled(3, 32, { kernel: 3, size: 32, batch: 32 }),
  tiled(3, 64, { kernel: 3, size: 112, batch: 4 }),
  tiled(4, 16, { kernel: 3, size: 28, batch: 50 }),
  tiled(6, 16, { kernel: 5, size: 14, batch: 50 }),
  tiled(8, 16, { kernel: 3, size: 14, batch: 50 }),
  tiled(8, 16, { kernel: 3, size: 56, batch: 8 }),
  tiled(16, 16, { kernel: 5, size: 14, batch: 50 }),
  tiled(16, 32, { kernel: 5, size: 14, batch: 50 }),
  tiled(16, 64, { kernel: 5, size: 28, batch: 16 }),
  tiled(32, 32, { kernel: 5, size: 14, batch: 50 }),
  tiled(64, 64, { kernel: 5, size: 14, batch: 50 }),
  tiled(16, 32, { kernel: 3, size: 14, batch: 50 }),
  tiled(16, 32, { kernel: 3, size: 56, batch: 8 }),
  tiled(32, 64, { kernel: 3, size: 14, batch: 50 }),
  tiled(64, 128, { kernel: 3, size: 56, batch: 4 }),
  overlapping(64, { kernel: 7, size: 112, batch: 8 }),
  overlapping(64, { kernel: 7, size: 112, batch: 1 }),
  overlapping(16, { kernel: 7, size: 112, batch: 8 }),
  overlapping(32, { kernel: 3, size: 56, batch: 8 }),
  overlapping(64, { kernel: 3, size: 16, batch: 32 }),
  overlapping(256, { kernel: 3, size: 14, batch: 8 }),
  residual(16, 32, { size: 56, batch: 8 }),
  residual(32, 64, { size: 28, batch: 16 }),
  residual(64, 128, { size: 14, batch: 32 }),
  residual(64, 128, { size: 56, batch: 4 }),
  residual(128, 256, { size: 28, batch: 4 }),
  residual(256, 512, { size: 14, batch: 4 }),
  inverted(16, [96, 24], { size: 112, batch: 8 }),
  inverted(16, [96, 24], { size: 112, batch: 1 }),
  inverted(24, [144, 32], { size: 56, batch: 8 }),
  inverted(32, [192, 64], { size: 28, batch: 8 }),
  inverted(64, [384, 96], { size: 28, batch: 8 }),
  inverted(64, [384, 96], { size: 20, batch: 8 }),
  inverted(32, [64, 32], { size: 56, batch: 8 }),
  inverted(16, [32, 32], { size: 112, batch: 2 }),
  inverted(32, [128, 64], { size: 20, batch: 1 }),
  inverted(96, [576, 160], { size: 14, batch: 8 }),
  masks('Relu', 32, { size: 112, batch: 8 }),
  masks('Relu', 192, { size: 14, batch: 8 }),
  masks('ReLU6', 32, { size: 112, batch: 8 }),
  masks('ReLU6', 144, { size: 56, batch: 8 }),
  masks('ReLU6', 576, { size: 14, batch: 8 }),
  activation('Sigmoid', 144, { size: 56, batch: 8 }),
  activation('Sigmoid', 576, { size: 14, batch: 8 }),
  activation('HardSwish', 144, { size: 56, batch: 8 }),
  activation('SiLU', 144, { size: 56, batch: 8 }),
  activation('SiLU', 576, { size: 14, batch: 8 }),
];
