import { fail } from '../error.js';
import { boxAt, type Plane, planeOf, segmentsOfBox } from '../features/plane.js';
import type { Layout } from '../layout.js';
import { row } from '../tensor/rows.js';
import { type Shape, sizeOf, type Tensor, zeros } from '../tensor/tensor.js';
import type { Rows } from '../types/draws.js';
import { expectLength, expectSmall, type SparseRows } from './dense.js';
import { mirror } from './products.js';

export interface Boxes {
  /** Shape of one input. */
  readonly shape: Shape;
  /** Four numbers a row: top, bottom, left, right, the ends exclusive, inside the image. */
  readonly boxes: Int32Array;
  /** The only channel of each box; default: a box has all channels. */
  readonly channels?: Int32Array;
  /** What the axes of the input are; default 'chw'. */
  readonly layout?: Layout;
}

interface BoxRows extends SparseRows {
  readonly boxes: Int32Array;
  readonly channels?: Int32Array;
  readonly plane: Plane;
}

/**
 * Rows that are 1 in a box of the image, in all channels or in one, and 0 elsewhere. No matrix is stored: `times` takes
 * d + n operations (integral image), `addTransposeTimes` too, and `inner` with other boxes n·m (areas of overlap).
 * Throws `tensor-shape` for boxes that are not inside the image, `not-applicable` for inputs that are no image.
 */
export function boxRows({ shape, boxes, channels, layout = 'chw' }: Boxes): Rows {
  const plane = planeOf('boxRows', shape, layout);
  if (boxes.length % 4 !== 0) {
    fail({ code: 'tensor-shape', where: 'boxRows', expected: 'four numbers a box', got: `${boxes.length}` });
  }
  const n = boxes.length / 4;
  const d = sizeOf(shape);
  checkBoxes(boxes, plane);
  if (channels !== undefined) checkChannels(channels, n, plane);
  const self: BoxRows = {
    sparse: true,
    boxes,
    channels,
    plane,
    n,
    d,
    times: (v) => {
      expectLength('times', v.data.length, d);
      return boxSums({ boxes, channels }, integrals(v, plane, channels === undefined ? 1 : plane.channels));
    },
    addTransposeTimes: (c, out) => {
      expectLength('addTransposeTimes', c.length, n);
      expectLength('addTransposeTimes', out.length, d);
      addCovers(covers({ boxes, channels }, c, plane), plane, out);
    },
    inner: async (other) => inner(self, other),
    dense: () => dense(self),
  };
  return self;
}

function checkBoxes(boxes: Int32Array, { height, width }: Plane): void {
  for (let i = 0; i < boxes.length / 4; i++) {
    const box = boxAt(boxes, i);
    const [top, bottom, left, right] = box;
    if (0 <= top && top <= bottom && bottom <= height && 0 <= left && left <= right && right <= width)
      continue;
    fail({
      code: 'tensor-shape',
      where: `boxRows, box ${i}`,
      expected: `top, bottom within 0..${height} and left, right within 0..${width}`,
      got: box.join(', '),
    });
  }
}

function checkChannels(channels: Int32Array, n: number, plane: Plane): void {
  expectLength('boxRows(channels)', channels.length, n);
  const odd = channels.find((channel) => channel < 0 || channel >= plane.channels);
  if (odd === undefined) return;
  fail({
    code: 'tensor-shape',
    where: 'boxRows(channels)',
    expected: `channels below ${plane.channels}`,
    got: `${odd}`,
  });
}

/** The boxes, each with its channel where it has one. */
type Places = Pick<BoxRows, 'boxes' | 'channels'>;

/**
 * Integral images: entry (y, x) of [height + 1, width + 1] is the sum of v above and left of it. There are as many as channels, or one for
 * all channels together.
 */
function integrals(v: Tensor, { channels, height, width, channel, pixel }: Plane, images: number): Tensor {
  const out = zeros([images, height + 1, width + 1]);
  for (let c = 0; c < channels; c++) {
    const first = images === 1 ? 0 : c * (height + 1);
    for (let y = 0; y < height; y++) {
      const to = (first + y + 1) * (width + 1) + 1;
      const from = c * channel + y * width * pixel;
      for (let x = 0; x < width; x++) out.data[to + x] += v.data[from + x * pixel];
    }
  }
  accumulate(out);
  return out;
}

/** Running sums along both axes of each image, in place. */
function accumulate({ shape: [images, height, width], data }: Tensor): void {
  for (let y = 0; y < images * height; y++) {
    for (let x = 1; x < width; x++) data[y * width + x] += data[y * width + x - 1];
  }
  for (let image = 0; image < images; image++) {
    const first = image * height * width;
    for (let i = first + width; i < first + height * width; i++) data[i] += data[i - width];
  }
}

/** Reads the boxes in place: making a box for each would take a tenth of the time. */
function boxSums({ boxes, channels }: Places, { shape, data }: Tensor): Float64Array {
  const [, height, stride] = shape;
  const out = new Float64Array(boxes.length / 4);
  for (let i = 0; i < out.length; i++) {
    const first = channels === undefined ? 0 : channels[i] * height;
    const above = (first + boxes[4 * i]) * stride;
    const below = (first + boxes[4 * i + 1]) * stride;
    const left = boxes[4 * i + 2];
    const right = boxes[4 * i + 3];
    out[i] = data[below + right] - data[above + right] - data[below + left] + data[above + left];
  }
  return out;
}

/** Sum of the weights of the boxes over each pixel, [images, height + 1, width + 1]: the transpose of the integral images. */
function covers({ boxes, channels }: Places, weights: Float64Array, plane: Plane): Tensor {
  const [height, stride] = [plane.height + 1, plane.width + 1];
  const out = zeros([channels === undefined ? 1 : plane.channels, height, stride]);
  for (let i = 0; i < weights.length; i++) {
    const first = channels === undefined ? 0 : channels[i] * height;
    const above = (first + boxes[4 * i]) * stride;
    const below = (first + boxes[4 * i + 1]) * stride;
    const left = boxes[4 * i + 2];
    const right = boxes[4 * i + 3];
    out.data[above + left] += weights[i];
    out.data[above + right] -= weights[i];
    out.data[below + left] -= weights[i];
    out.data[below + right] += weights[i];
  }
  accumulate(out);
  return out;
}

function addCovers(
  cover: Tensor,
  { channels, height, width, channel, pixel }: Plane,
  out: Float64Array,
): void {
  for (let c = 0; c < channels; c++) {
    const first = cover.shape[0] === 1 ? 0 : c * (height + 1);
    for (let y = 0; y < height; y++) {
      const from = (first + y) * (width + 1);
      const to = c * channel + y * width * pixel;
      for (let x = 0; x < width; x++) out[to + x * pixel] += cover.data[from + x];
    }
  }
}

function inner(self: BoxRows, other: Rows): Tensor {
  expectLength('inner', other.d, self.d);
  expectSmall('inner', self.n, other.n);
  const out = zeros([self.n, other.n]);
  if (isBoxes(other) && samePlane(self.plane, other.plane)) overlaps(self, other, out);
  else dots(self, other, out);
  return out;
}

function isBoxes(rows: Rows): rows is BoxRows {
  return 'boxes' in rows && 'plane' in rows;
}

function samePlane(a: Plane, b: Plane): boolean {
  return a.height === b.height && a.width === b.width && a.pixel === b.pixel;
}

/** Areas of overlap; for the boxes themselves half of them are computed. */
function overlaps(self: BoxRows, other: BoxRows, out: Tensor): void {
  const { boxes: a, channels: own, plane, n } = self;
  const { boxes: b, channels: others, n: m } = other;
  const all = own === undefined && others === undefined;
  const symmetric = self === other;
  for (let i = 0; i < n; i++) {
    const [top, bottom, left, right] = boxAt(a, i);
    for (let j = symmetric ? i : 0; j < m; j++) {
      const height = Math.min(bottom, b[4 * j + 1]) - Math.max(top, b[4 * j]);
      if (height <= 0) continue;
      const width = Math.min(right, b[4 * j + 3]) - Math.max(left, b[4 * j + 2]);
      if (width <= 0) continue;
      const channels = all ? plane.channels : commonChannels(plane.channels, own?.[i], others?.[j]);
      out.data[i * m + j] = channels * height * width;
    }
  }
  if (symmetric && out.data instanceof Float64Array) mirror(out.data, n);
}

/** How many channels two boxes have in common; undefined stands for all channels. */
function commonChannels(all: number, a: number | undefined, b: number | undefined): number {
  if (a === undefined) return b === undefined ? all : 1;
  return b === undefined || a === b ? 1 : 0;
}

/** Column j is this matrix times row j of the other one. */
function dots(self: BoxRows, other: Rows, out: Tensor): void {
  const matrix = other.dense();
  for (let j = 0; j < other.n; j++) {
    const column = self.times(row(matrix, j));
    for (let i = 0; i < self.n; i++) out.data[i * other.n + j] = column[i];
  }
}

function dense({ boxes, channels, plane, n, d }: BoxRows): Tensor {
  expectSmall('dense', n, d);
  const out = zeros([n, d]);
  for (let i = 0; i < n; i++) {
    const { starts, length } = segmentsOfBox(plane, boxAt(boxes, i), channels?.[i]);
    for (const start of starts) out.data.fill(1, i * d + start, i * d + start + length);
  }
  return out;
}
