import { fail, type Shape, sameShape, showShape, type Tensor, tensor } from '@onnxplain/core';

/** 'bilinear': linear along every axis, sizes measured between pixel edges (half-pixel centres); 'none': sizes must agree. */
export const upsamplings = ['bilinear', 'nearest', 'none'] as const;
export type Upsampling = (typeof upsamplings)[number];

/** A map resized to a shape of the same rank. Throws `not-applicable` where that is not possible. */
export function upsample(map: Tensor, shape: Shape, how: Upsampling): Tensor {
  if (sameShape(map.shape, shape)) return map;
  if (how === 'none' || map.shape.length !== shape.length) {
    fail({
      code: 'not-applicable',
      where: `upsample=${how}`,
      expected: `a map that fits the input's positions ${showShape(shape)}`,
      got: `one of shape ${showShape(map.shape)}`,
      remedy: 'Choose a layer with as many spatial axes as the input, and bilinear or nearest.',
    });
  }
  const weigh = how === 'nearest' ? nearest : linear;
  return shape.reduce((resized, size, axis) => alongAxis(resized, axis, weigh(map.shape[axis], size)), map);
}

/** Where an output position takes its value from: `low` and the next one, the next one by `part`. */
interface Source {
  readonly low: number;
  readonly high: number;
  readonly part: number;
}

const nearest = (from: number, to: number): readonly Source[] =>
  Array.from({ length: to }, (_, i) => {
    const low = Math.floor((i * from) / to);
    return { low, high: low, part: 0 };
  });

const linear = (from: number, to: number): readonly Source[] =>
  Array.from({ length: to }, (_, i) => {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const low = Math.floor(at);
    return { low, high: Math.min(low + 1, from - 1), part: at - low };
  });

function alongAxis({ shape, data }: Tensor, axis: number, sources: readonly Source[]): Tensor {
  const inner = shape.slice(axis + 1).reduce((n, size) => n * size, 1);
  const outer = shape.slice(0, axis).reduce((n, size) => n * size, 1);
  const out = new Float64Array(outer * sources.length * inner);
  let to = 0;
  for (let o = 0; o < outer; o++) {
    for (const { low, high, part } of sources) {
      const [a, b] = [low, high].map((at) => (o * shape[axis] + at) * inner);
      for (let i = 0; i < inner; i++) out[to++] = data[a + i] * (1 - part) + data[b + i] * part;
    }
  }
  return tensor(out, shape.with(axis, sources.length));
}
