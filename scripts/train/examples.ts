import { fold, type Key, type Stream, stream } from '@onnxplain/core';
import type { Arrays } from '@onnxplain/runtime';

/** Labelled inputs of a network. */
export interface Examples {
  /** The class of each example. */
  readonly labels: ArrayLike<number>;
  /** Only examples of one group are put into one batch, such as sentences of one length. Default: all are of one group. */
  readonly groups?: ArrayLike<number>;
  /** Returns the inputs of the network for some examples, by name. `key` is for random changes of the inputs in training. */
  feeds(picked: Uint32Array, key: Key): Arrays;
}

export interface Pictures {
  /** Name of the network's input. */
  readonly input: string;
  /** [channels, height, width]. */
  readonly shape: readonly [number, number, number];
  /** All pictures one after the other. */
  readonly pixels: Float32Array | Uint8Array;
  /** What the network gets is `pixels` times this number. Default 1. */
  readonly scale?: number;
  readonly labels: ArrayLike<number>;
}

/** Examples that are pictures. */
export function pictures({ input, shape, pixels, scale = 1, labels }: Pictures): Examples {
  const size = shape[0] * shape[1] * shape[2];
  return {
    labels,
    feeds(picked) {
      const data = new Float32Array(picked.length * size);
      picked.forEach((from, to) => {
        data.set(pixels.subarray(from * size, (from + 1) * size), to * size);
      });
      if (scale !== 1) for (let i = 0; i < data.length; i++) data[i] *= scale;
      return { [input]: { dtype: 'float32', dims: [picked.length, ...shape], data } };
    },
  };
}

/** A random change of one picture: writes the changed picture into `out`, which is 0 at first. */
export type Augmentation = (
  picture: Float32Array,
  out: Float32Array,
  random: { readonly shape: readonly number[]; readonly random: Stream },
) => void;

/** Examples whose pictures are changed each time that they are used. Changes of changed examples draw numbers of their own. */
export function augmented(examples: Examples, change: Augmentation): Examples {
  return {
    ...examples,
    feeds: (picked, key) =>
      Object.fromEntries(
        Object.entries(examples.feeds(picked, fold(key, 'inner'))).map(([name, { dtype, dims, data }]) => {
          if (!(data instanceof Float32Array)) throw new TypeError(`${name} is not float32`);
          const shape = dims.slice(1);
          const size = data.length / dims[0];
          const out = new Float32Array(data.length);
          picked.forEach((_, row) => {
            const [from, to] = [row * size, (row + 1) * size];
            change(data.subarray(from, to), out.subarray(from, to), {
              shape,
              random: stream(fold(key, row)),
            });
          });
          return [name, { dtype, dims, data: out }];
        }),
      ),
  };
}

/** Moves pictures by up to `most` pixels in each direction. Pixels that come in are 0. */
export function shift(most: number): Augmentation {
  return (picture, out, { shape: [channels, height, width], random }) => {
    const dy = random.below(2 * most + 1) - most;
    const dx = random.below(2 * most + 1) - most;
    const [left, right] = [Math.max(0, dx), width + Math.min(0, dx)];
    for (let row = 0; row < channels * height; row++) {
      const from = (row % height) - dy;
      if (from < 0 || from >= height) continue;
      const start = (row - dy) * width - dx;
      out.set(picture.subarray(start + left, start + right), row * width + left);
    }
  };
}

/** Mirrors pictures left to right, half of the time. */
export const mirror: Augmentation = (picture, out, { shape: [channels, height, width], random }) => {
  out.set(picture);
  if (random.below(2) === 0) return;
  for (let row = 0; row < channels * height; row++) out.subarray(row * width, (row + 1) * width).reverse();
};

/** Changes the upper square of each picture; what is below it, such as a word, stays. */
export const upper =
  (change: Augmentation): Augmentation =>
  (picture, out, { shape: [channels, height, width], random }) => {
    const area = width * width;
    const square = new Float32Array(channels * area);
    const changed = new Float32Array(channels * area);
    const squareOf = (all: Float32Array, channel: number) =>
      all.subarray(channel * height * width, channel * height * width + area);
    for (let c = 0; c < channels; c++) square.set(squareOf(picture, c), c * area);
    change(square, changed, { shape: [channels, width, width], random });
    out.set(picture);
    for (let c = 0; c < channels; c++) squareOf(out, c).set(changed.subarray(c * area, (c + 1) * area));
  };

/** Returns the batches of one epoch: all examples in random order, at most `size` a batch. The order of batches is random too. */
export function batches({ labels, groups }: Examples, size: number, key: Key): readonly Uint32Array[] {
  const order = shuffled(labels.length, fold(key, 'examples'));
  const byGroup = new Map<number, number[]>();
  for (const index of order) {
    const group = groups?.[index] ?? 0;
    const members = byGroup.get(group) ?? [];
    members.push(index);
    byGroup.set(group, members);
  }
  const cut = [...byGroup.values()].flatMap((members) =>
    Array.from({ length: Math.ceil(members.length / size) }, (_, i) =>
      Uint32Array.from(members.slice(i * size, (i + 1) * size)),
    ),
  );
  return Array.from(shuffled(cut.length, fold(key, 'batches')), (i) => cut[i]);
}

/** Returns a random permutation of 0..n-1 (Fisher-Yates). */
function shuffled(n: number, key: Key): Uint32Array {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  const random = stream(key);
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
