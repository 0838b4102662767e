import type { Layout } from '../layout.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Features } from '../types/attribution.js';
import { joinSmallParts } from './connected.js';
import { type Plane, planeOf } from './plane.js';

/** Steps of the clustering. */
const STEPS = 10;

export interface Superpixels {
  /** What the axes of the input are; default 'chw'. */
  readonly layout?: Layout;
  /** About how many there are; default 50. */
  readonly count?: number;
  /**
   * Weight of the distance in the image against that in the channels, which is counted in standard deviations of the input. A larger one
   * gives more compact parts. Default 0.5.
   */
  readonly compactness?: number;
}

/**
 * Makes features of an image that follow its edges, all channels of a pixel together: pixels are clustered by position and channels, from
 * centres on a regular grid, and parts that are not connected or are smaller than a quarter of a cell join a neighbour. Deterministic.
 * Features are numbered in the order of their first pixels. The partition of one array is kept as long as the array.
 * Source: Achanta et al. 2012, "SLIC superpixels", with the channels as they are in place of CIELAB. Throws `not-applicable` for inputs
 * that are no image.
 */
export function superpixels(
  x: Tensor,
  { layout = 'chw', count = 50, compactness = 0.5 }: Superpixels = {},
): Features {
  const name = `${x.shape} ${layout} ${count} ${compactness}`;
  const found = kept.get(x.data)?.get(name);
  if (found !== undefined) return found;
  const plane = planeOf('superpixels', x.shape, layout);
  const image = pixelsOf(x, plane);
  const grid = gridOf(plane, count);
  const parts = joinSmallParts(clusters(image, grid, compactness), plane, (grid.step * grid.across) / 4);
  const features = { count: parts.count, of: spreadOverChannels(parts.of, plane) };
  kept.set(x.data, (kept.get(x.data) ?? new Map<string, Features>()).set(name, features));
  return features;
}

const kept = new WeakMap<Tensor['data'], Map<string, Features>>();

/** An image with the channels of a pixel side by side, in units of the standard deviation around the mean of each channel. */
interface Image {
  readonly data: Float64Array;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

function pixelsOf(x: Tensor, { channels, height, width, channel, pixel }: Plane): Image {
  const pixels = height * width;
  const data = new Float64Array(pixels * channels);
  let squares = 0;
  for (let c = 0; c < channels; c++) {
    let mean = 0;
    for (let i = 0; i < pixels; i++) mean += x.data[c * channel + i * pixel] / pixels;
    for (let i = 0; i < pixels; i++) {
      const value = x.data[c * channel + i * pixel] - mean;
      data[i * channels + c] = value;
      squares += value * value;
    }
  }
  const unit = Math.sqrt(squares / pixels) || 1;
  return { data: data.map((value) => value / unit), channels, height, width };
}

/** The grid of the first centres: distances between neighbours along the height (`step`) and the width (`across`). */
interface Grid {
  readonly rows: number;
  readonly columns: number;
  readonly step: number;
  readonly across: number;
}

function gridOf({ height, width }: Plane, count: number): Grid {
  const side = Math.sqrt((height * width) / count);
  const along = (dim: number, other: number) =>
    Math.max(1, Math.min(dim, other === 1 ? count : Math.round(dim / side)));
  const [rows, columns] = [along(height, width), along(width, height)];
  return { rows, columns, step: height / rows, across: width / columns };
}

/** The number of the nearest centre of each pixel, after a fixed number of steps of k-means. */
function clusters(image: Image, grid: Grid, compactness: number): Int32Array {
  const { height, width } = image;
  const of = Int32Array.from({ length: height * width }, (_, i) => cellOf(i, image, grid));
  for (let step = 0; step < STEPS; step++)
    assign(of, image, { grid, compactness, centres: centresOf(of, image, grid) });
  return of;
}

function cellOf(i: number, { width }: Image, { columns, step, across }: Grid): number {
  return Math.floor(Math.floor(i / width) / step + 1e-9) * columns + Math.floor((i % width) / across + 1e-9);
}

/** The mean row, column and channels of the pixels of each cluster, one after the other. NaN for a cluster without pixels. */
function centresOf(of: Int32Array, { data, channels, width }: Image, { rows, columns }: Grid): Float64Array {
  const size = channels + 2;
  const sums = new Float64Array(rows * columns * size);
  const pixels = new Float64Array(rows * columns);
  of.forEach((cluster, i) => {
    const at = cluster * size;
    sums[at] += Math.floor(i / width);
    sums[at + 1] += i % width;
    for (let c = 0; c < channels; c++) sums[at + 2 + c] += data[i * channels + c];
    pixels[cluster]++;
  });
  return sums.map((sum, k) => sum / pixels[Math.floor(k / size)]);
}

interface Centres {
  readonly grid: Grid;
  readonly compactness: number;
  readonly centres: Float64Array;
}

/** Gives each pixel to the nearest of the centres at most one cell away from it, in place; equal distances to the first. */
function assign(of: Int32Array, image: Image, { grid, compactness, centres }: Centres): void {
  const { data, channels, height, width } = image;
  const size = channels + 2;
  const nearest = new Float64Array(of.length).fill(Number.POSITIVE_INFINITY);
  for (let cluster = 0; cluster < centres.length / size; cluster++) {
    const at = cluster * size;
    const [row, column] = [centres[at], centres[at + 1]];
    const [top, bottom] = reach(row, grid.step, height);
    const [left, right] = reach(column, grid.across, width);
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        const i = y * width + x;
        const apart = ((y - row) / grid.step) ** 2 + ((x - column) / grid.across) ** 2;
        let distance = compactness ** 2 * apart;
        for (let c = 0; c < channels; c++) distance += (data[i * channels + c] - centres[at + 2 + c]) ** 2;
        if (distance >= nearest[i]) continue;
        nearest[i] = distance;
        of[i] = cluster;
      }
    }
  }
}

/** The positions along an axis at most a cell away from a centre; none where the cluster is empty. */
function reach(centre: number, cell: number, dim: number): readonly [from: number, to: number] {
  if (Number.isNaN(centre)) return [0, 0];
  return [Math.max(0, Math.ceil(centre - cell)), Math.min(dim, Math.floor(centre + cell) + 1)];
}

function spreadOverChannels(of: Int32Array, { channels, channel, pixel }: Plane): Int32Array {
  const all = new Int32Array(of.length * channels);
  for (let c = 0; c < channels; c++) for (let i = 0; i < of.length; i++) all[c * channel + i * pixel] = of[i];
  return all;
}
