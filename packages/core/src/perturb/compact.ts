import { boxAt, planeOf, segmentsOfBox } from '../features/plane.js';
import { fillUniformInBall } from '../geometry/draw.js';
import { fold } from '../random/key.js';
import { stream } from '../random/stream.js';
import { boxRows } from '../rows/boxes.js';
import { denseRows } from '../rows/dense.js';
import { type Tensor, zeros } from '../tensor/tensor.js';
import type { BoxDraws, CompactDraws, KeyDraws, MaskDraws } from '../types/compact-draws.js';
import type { Rows } from '../types/draws.js';

/** The inputs [n, ...shape of x] that compact draws of x stand for, in x's type. */
export function inputsFrom(x: Tensor, compact: CompactDraws): Tensor {
  switch (compact.kind) {
    case 'boxes':
      return withoutBoxes(x, compact);
    case 'masks':
      return withoutFeatures(x, compact);
    case 'keys':
      return withNoise(x, compact);
  }
}

/** 0/1 rows of the elements that compact draws of x remove; undefined where they add noise. */
export function masksFrom(x: Tensor, compact: CompactDraws): Rows | undefined {
  switch (compact.kind) {
    case 'boxes':
      return boxRows({ shape: x.shape, boxes: compact.boxes, layout: compact.layout });
    case 'masks':
      return denseRows(maskOfElements(x, compact));
    case 'keys':
      return undefined;
  }
}

function withoutBoxes(x: Tensor, { boxes, layout, baseline }: BoxDraws): Tensor {
  const plane = planeOf('boxes', x.shape, layout);
  const absent = elementsOf(baseline, x);
  return rowsOf(x, boxes.length / 4, (input, i) => {
    input.set(x.data);
    const { starts, length } = segmentsOfBox(plane, boxAt(boxes, i));
    for (const start of starts) input.set(absent.subarray(start, start + length), start);
  });
}

function withoutFeatures(x: Tensor, { n, features: { count, of }, removed, baseline }: MaskDraws): Tensor {
  const absent = elementsOf(baseline, x);
  return rowsOf(x, n, (input, i) => {
    for (let j = 0; j < input.length; j++)
      input[j] = removed[i * count + of[j]] === 1 ? absent[j] : x.data[j];
  });
}

function maskOfElements(x: Tensor, { n, features: { count, of }, removed }: MaskDraws): Tensor {
  return rowsOf(x, n, (mask, i) => {
    for (let j = 0; j < mask.length; j++) mask[j] = removed[i * count + of[j]];
  });
}

function withNoise(x: Tensor, { key, from, to, centre = x, noise, clip }: KeyDraws): Tensor {
  const around = elementsOf(centre, x);
  return rowsOf(x, to - from, (input, i) => {
    const random = stream(fold(key, from + i));
    if (noise.distribution === 'normal') {
      input.set(around);
      random.addNormal(input, noise.scale);
    } else {
      fillUniformInBall(random, input, noise.ball);
      for (let j = 0; j < input.length; j++) input[j] = around[j] - input[j];
    }
    if (clip !== undefined) clipTo(clip, input);
  });
}

function clipTo([low, high]: readonly [low: number, high: number], input: Tensor['data']): void {
  for (let j = 0; j < input.length; j++) input[j] = Math.min(high, Math.max(low, input[j]));
}

/** A number for every element of x, or the elements of a tensor, in x's type. */
function elementsOf(values: number | Tensor, x: Tensor): Tensor['data'] {
  const out = zeros(x.shape, x).data;
  if (typeof values === 'number') return out.fill(values);
  out.set(values.data);
  return out;
}

/** A tensor [n, ...shape of x] in x's type whose rows, zeros at first, are written one by one. */
function rowsOf(x: Tensor, n: number, write: (row: Tensor['data'], i: number) => void): Tensor {
  const out = zeros([n, ...x.shape], x);
  const size = x.data.length;
  for (let i = 0; i < n; i++) write(out.data.subarray(i * size, (i + 1) * size), i);
  return out;
}
