/** Small networks with random weights, in which the operator of a rule stands between others as in a real one. */
import { attr, type Builder, builderOf, constantFrom, emptyGraph, type Graph } from '@onnxplain/graph';

/** A layer: a convolution with an activation, a pool, or a sum of two convolutions with a rectifier. */
export type Layer = ConvLayer | PoolLayer | JoinedLayer;

interface ConvLayer {
  readonly channels: number;
  readonly kernel: number;
  /** Default: 1. */
  readonly stride?: number;
  /** Default: half the kernel. */
  readonly pad?: number;
  /** Default: 1. */
  readonly group?: number;
  /** Default: Relu. */
  readonly activation?: Activation;
}

export type Activation = 'HardSwish' | 'Relu' | 'ReLU6' | 'Sigmoid' | 'SiLU';

/** The sum of convolutions of the same input, then a rectifier, as at the end of a residual block. */
interface JoinedLayer {
  readonly joined: readonly [ConvLayer, ConvLayer];
}

interface PoolLayer {
  readonly pool: 'MaxPool' | 'AveragePool';
  readonly kernel: number;
  readonly stride: number;
  /** Default: 0. */
  readonly pad?: number;
}

export interface Network {
  /** [C, H, W] of the input. */
  readonly input: readonly [number, number, number];
  readonly layers: readonly Layer[];
}

/** Random numbers in [-1, 1), the same in every run. */
export function randomNumbers(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Returns a graph from `image`, [N, C, H, W], to the sum of the last layer's outputs of each row, [N]. */
export function networkOf({ input, layers }: Network): Graph {
  const image = { name: 'image', dtype: 'float32', dims: ['N', ...input] } as const;
  const b = builderOf({ ...emptyGraph({ '': 18 }), inputs: [image] });
  const random = randomNumbers();
  const last = layers.reduce((x, layer) => append(b, x, { layer, random }), 'image');
  const sum = b.emit('ReduceSum', [last, b.ints([1, 2, 3])], { keepdims: attr.int(0) });
  return b.build([{ name: sum, ...b.type(sum) }]);
}

interface Appended {
  readonly layer: Layer;
  random(): number;
}

function append(b: Builder, x: string, { layer, random }: Appended): string {
  if ('pool' in layer) return b.emit(layer.pool, [x], windowOf(layer, 0));
  if (!('joined' in layer)) return activated(b, convolved(b, x, { layer, random }), layer.activation);
  const [left, right] = layer.joined.map((each) => convolved(b, x, { layer: each, random }));
  return activated(b, b.emit('Add', [left, right]));
}

function activated(b: Builder, x: string, name: Activation = 'Relu'): string {
  if (name === 'ReLU6') return b.emit('Clip', [x, b.scalar(0, x), b.scalar(6, x)]);
  return name === 'SiLU' ? b.emit('Mul', [x, b.emit('Sigmoid', [x])]) : b.emit(name, [x]);
}

function windowOf({ kernel, stride = 1, pad }: ConvLayer | PoolLayer, usual: number) {
  return {
    kernel_shape: attr.ints([kernel, kernel]),
    strides: attr.ints([stride, stride]),
    pads: attr.ints(new Array<number>(4).fill(pad ?? usual)),
  };
}

function convolved(
  b: Builder,
  x: string,
  { layer, random }: Appended & { readonly layer: ConvLayer },
): string {
  const { kernel, channels, group = 1 } = layer;
  const before = Number(b.dims(x)[1]) / group;
  const dims = [channels, before, kernel, kernel];
  const scale = Math.sqrt(6 / (before * kernel * kernel));
  const numbers = (count: number) => Array.from({ length: count }, () => random() * scale);
  const weights = b.constant(constantFrom('float32', dims, numbers(channels * before * kernel * kernel)));
  const bias = b.constant(constantFrom('float32', [channels], numbers(channels)));
  return b.emit('Conv', [x, weights, bias], { ...windowOf(layer, kernel >> 1), group: attr.int(group) });
}
