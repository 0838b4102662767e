/** The samples of one channel, row by row from the top left. */
export type SamplePlane = Float64Array;

export interface PlaneSize {
  readonly width: number;
  readonly height: number;
}

/** A rectangle of a picture. */
export interface PlaneCut extends PlaneSize {
  readonly left: number;
  readonly top: number;
}

/**
 * Resizes a plane to `to`, and returns the rectangle `cut` of the result, by default all of it. Shrinking weighs pixels by a triangle
 * that is as wide as the factor, which averages over areas (as Pillow's BILINEAR and torchvision with antialias do). Enlarging is bilinear
 * with half-pixel centres.
 */
export function resize(
  plane: SamplePlane,
  from: PlaneSize,
  { cut, ...to }: PlaneSize & { readonly cut?: PlaneCut | undefined },
): SamplePlane {
  const { left, top, width, height } = cut ?? { left: 0, top: 0, ...to };
  const columns = tapsOf({ length: from.width, to: to.width, start: left, count: width });
  const rows = tapsOf({ length: from.height, to: to.height, start: top, count: height });
  const [firstLine, endLine] = extentOf(rows);
  const lines = plane.subarray(firstLine * from.width, endLine * from.width);
  return down(across(lines, from.width, columns), { width, firstLine, rows });
}

/** The weighted neighbours that make each pixel along one axis of the result. */
interface Taps {
  /** The first neighbour, and the number of neighbours. */
  readonly first: Int32Array;
  readonly counts: Int32Array;
  /** The weights of pixel i begin at i * most. */
  readonly weights: Float64Array;
  readonly most: number;
  /** The sum of the weights of each pixel. */
  readonly totals: Float64Array;
}

/** An axis of `length` pixels that is resized to `to`, of which `count` pixels are computed from `start` on. */
interface ResizedAxis {
  readonly length: number;
  readonly to: number;
  readonly start: number;
  readonly count: number;
}

function tapsOf({ length, to, start, count }: ResizedAxis): Taps {
  const step = length / to;
  const reach = Math.max(1, step);
  const most = 2 * Math.ceil(reach) + 1;
  const [first, counts] = [new Int32Array(count), new Int32Array(count)];
  const [weights, totals] = [new Float64Array(count * most), new Float64Array(count)];
  for (let i = 0; i < count; i++) {
    const centre = (start + i + 0.5) * step;
    const weight = (j: number) => 1 - Math.abs(j + 0.5 - centre) / reach;
    let from = Math.max(0, Math.floor(centre - reach));
    while (weight(from) <= 0) from++;
    first[i] = from;
    for (let j = from; j < length && weight(j) > 0; j++) {
      weights[i * most + counts[i]++] = weight(j);
      totals[i] += weight(j);
    }
  }
  return { first, counts, weights, most, totals };
}

/** The first pixel that the taps read, and the end of those. */
function extentOf({ first, counts }: Taps): readonly [first: number, end: number] {
  const last = first.length - 1;
  return [first[0], first[last] + counts[last]];
}

/** Resizes each line of `length` pixels. */
function across(
  plane: SamplePlane,
  length: number,
  { first, counts, weights, most, totals }: Taps,
): SamplePlane {
  const [lines, width] = [plane.length / length, first.length];
  const out = new Float64Array(lines * width);
  for (let line = 0; line < lines; line++) {
    for (let i = 0; i < width; i++) {
      const [start, count] = [line * length + first[i], counts[i]];
      let sum = 0;
      for (let j = 0; j < count; j++) sum += weights[i * most + j] * plane[start + j];
      out[line * width + i] = sum / totals[i];
    }
  }
  return out;
}

interface Lines {
  readonly width: number;
  /** Which line of the picture the plane begins with. */
  readonly firstLine: number;
  readonly rows: Taps;
}

/** Resizes each column. */
function down(plane: SamplePlane, { width, firstLine, rows }: Lines): SamplePlane {
  const { first, counts, weights, most, totals } = rows;
  const out = new Float64Array(first.length * width);
  for (let i = 0; i < first.length; i++) {
    for (let j = 0; j < counts[i]; j++) {
      const weight = weights[i * most + j];
      const start = (first[i] - firstLine + j) * width;
      for (let x = 0; x < width; x++) out[i * width + x] += weight * plane[start + x];
    }
    for (let x = 0; x < width; x++) out[i * width + x] /= totals[i];
  }
  return out;
}
