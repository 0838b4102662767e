import { attr, type Builder, type Constant } from '@onnxplain/graph';

/** A weight that training changes: its dims, and the standard deviation of the normal numbers that it starts from. */
export interface Weight {
  readonly dims: readonly number[];
  readonly deviation: number;
}

/** A part of a network: the weights and constants that it needs, and the nodes that it appends to a graph. */
export interface Layer {
  readonly weights: Readonly<Record<string, Weight>>;
  /** Constants that training does not change. */
  readonly constants?: Readonly<Record<string, Constant>>;
  /**
   * Appends the nodes of the layer on value `x` and returns its output. `nameOf` gives the name in the graph of a weight or constant of
   * the layer.
   */
  emit(b: Builder, x: string, nameOf: (own: string) => string): string;
}

/** The deviation that keeps the size of values through a layer with ReLU (He et al. 2015, Eq. 10). */
const he = (fanIn: number): number => Math.sqrt(2 / fanIn);

const zeros = (size: number): Weight => ({ dims: [size], deviation: 0 });

export interface ConvOptions {
  readonly from: number;
  readonly to: number;
  /** Side of the kernel. */
  readonly side: number;
  /** Default 1. */
  readonly stride?: number;
  /** Rows and columns of zeros on each border. Default: half the side, so that stride 1 keeps the size. */
  readonly pad?: number;
}

/** A convolution from `from` to `to` channels, with bias, of [N, from, height, width]. */
export function conv({ from, to, side, stride = 1, pad = Math.floor(side / 2) }: ConvOptions): Layer {
  return {
    weights: {
      weight: { dims: [to, from, side, side], deviation: he(from * side * side) },
      bias: zeros(to),
    },
    emit: (b, x, nameOf) =>
      b.emit('Conv', [x, nameOf('weight'), nameOf('bias')], {
        kernel_shape: attr.ints([side, side]),
        pads: attr.ints([pad, pad, pad, pad]),
        strides: attr.ints([stride, stride]),
      }),
  };
}

/** An affine map of [N, from] to [N, to]. */
export function dense({ from, to }: { readonly from: number; readonly to: number }): Layer {
  return {
    weights: { weight: { dims: [from, to], deviation: he(from) }, bias: zeros(to) },
    emit: (b, x, nameOf) => b.emit('Gemm', [x, nameOf('weight'), nameOf('bias')]),
  };
}

/** A layer without weights. */
const plain = (emit: (b: Builder, x: string) => string): Layer => ({ weights: {}, emit });

/** max(x, 0). */
export const relu: Layer = plain((b, x) => b.emit('Relu', [x]));

/** [N, ...] to [N, size]. */
export const flatten: Layer = plain((b, x) => b.emit('Flatten', [x]));

/** The maximum of each square of `side` by `side` pixels, without overlap. */
export const maxPool = (side: number): Layer =>
  plain((b, x) =>
    b.emit('MaxPool', [x], { kernel_shape: attr.ints([side, side]), strides: attr.ints([side, side]) }),
  );

/** The mean of each channel: [N, channels, height, width] to [N, channels]. */
export const channelMeans: Layer = plain((b, x) => b.emit('Flatten', [b.emit('GlobalAveragePool', [x])]));

/** Adds the input of a layer to its output, which has the same shape (He et al. 2016, Eq. 1). */
export const residual = (layer: Layer): Layer => ({
  ...layer,
  emit: (b, x, nameOf) => b.emit('Add', [x, layer.emit(b, x, nameOf)]),
});

/** Layers one after the other. The weights of layer i are called `i.NAME`. */
export function chain(layers: readonly Layer[]): Layer {
  return {
    weights: numbered(layers.map(({ weights }) => weights)),
    constants: numbered(layers.map(({ constants = {} }) => constants)),
    emit: (b, x, nameOf) =>
      layers.reduce((value, layer, i) => layer.emit(b, value, (own) => nameOf(`${i}.${own}`)), x),
  };
}

function numbered<T>(records: readonly Readonly<Record<string, T>>[]): Record<string, T> {
  const entries = records.flatMap((record, i) =>
    Object.entries(record).map(([name, value]) => [`${i}.${name}`, value] as const),
  );
  return Object.fromEntries(entries);
}
