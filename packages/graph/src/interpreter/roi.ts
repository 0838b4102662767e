import { sizeOf } from '@onnxplain/core';
import { attributesOf } from '../ir/attributes.js';
import { filled, type NumArray } from './array.js';
import { type Call, choice, type EvalRow } from './call.js';
import { checkedIndex } from './gather.js';

/** A region of an image of the batch. */
interface Region {
  /** Index of the image in the batch. */
  readonly batch: number;
  /** Bounds along y, then x, in elements of the input. */
  readonly spans: readonly (readonly [from: number, to: number])[];
}

/** Positions in a plane [H, W] and their weights. */
type WeightedPositions = readonly (readonly [at: number, weight: number])[];

/**
 * Returns the weights of bilinear interpolation. Points up to one element outside are clamped to the border; there is nothing farther out.
 */
function bilinearWeights([y, x]: readonly number[], [height, width]: readonly number[]): WeightedPositions {
  if (y < -1 || y > height || x < -1 || x > width) return [];
  const along = (c: number, size: number): readonly (readonly [number, number])[] => {
    const clamped = Math.max(0, c);
    const low = Math.floor(clamped);
    if (low >= size - 1) return [[size - 1, 1], [size - 1, 0]]; // biome-ignore format: a pair
    return [[low, low + 1 - clamped], [low + 1, clamped - low]]; // biome-ignore format: a pair
  };
  return along(y, height).flatMap(([i, v]) =>
    along(x, width).map(([j, w]): [number, number] => [i * width + j, v * w]),
  );
}

/** Returns evenly spaced positions in cell `p` of `cells` along a span. */
function samplesOf(
  [from, to]: readonly [number, number],
  [cells, p]: readonly [number, number],
  ratio: number,
) {
  const cell = (to - from) / cells;
  const count = ratio > 0 ? ratio : Math.ceil(cell);
  return Array.from({ length: Math.max(0, count) }, (_, s) => from + cell * (p + (s + 0.5) / count));
}

/** Pools the samples of a cell: their mean, or the maximum of all their weighted elements. */
const pooling: Readonly<Record<string, (samples: readonly (readonly number[])[]) => number>> = {
  avg: (samples) => samples.flat().reduce((sum, value) => sum + value, 0) / Math.max(1, samples.length),
  max: (samples) => {
    const greatest = samples.map((corners) => (corners.length === 0 ? 0 : Math.max(...corners)));
    return samples.length === 0 ? 0 : Math.max(...greatest);
  },
};

/** Reads the regions of RoiAlign. */
function alignedRegions(call: Call): Region[] {
  const [x, rois, rows] = [call.input(0), call.input(1), call.input(2)];
  const { coordinate_transformation_mode, spatial_scale: scale } = attributesOf(call.node, 'RoiAlign');
  const half = coordinate_transformation_mode === 'half_pixel';
  return Array.from(rows.data, (row, r) => {
    const [x1, y1, x2, y2] = rois.data.subarray(4 * r, 4 * r + 4).map((c) => c * scale - (half ? 0.5 : 0));
    // Without the half-pixel offset, a region is at least one element long.
    const span = (from: number, to: number) => [from, half ? to : Math.max(to, from + 1)] as const;
    return { batch: checkedIndex(call, row, x.dims[0]), spans: [span(y1, y2), span(x1, x2)] };
  });
}

/** Pools a grid of interpolated samples in every cell of every region. */
const roiAlign: EvalRow = (call) => {
  const { dims } = call.input(0);
  const { mode, sampling_ratio: ratio, output_height, output_width } = attributesOf(call.node, 'RoiAlign');
  const pool = choice(call, pooling, ['mode', mode]);
  return mapCells(call, {
    regions: alignedRegions(call),
    cells: [output_height, output_width],
    value({ spans }, cell, plane) {
      const [ys, xs] = cell.map(([cells, p], axis) => samplesOf(spans[axis], [cells, p], ratio));
      const points = ys.flatMap((y) => xs.map((x) => bilinearWeights([y, x], dims.slice(2))));
      return pool(points.map((corners) => corners.map(([at, weight]) => plane[at] * weight)));
    },
  });
};

/** Rounds to the nearest integer, halves away from zero. */
const rounded = (x: number): number => Math.sign(x) * Math.round(Math.abs(x));

/** Reads regions that are rounded to whole elements, with both ends included. */
function wholeRegions(call: Call): Region[] {
  const [x, rois] = [call.input(0), call.input(1)];
  const scale = attributesOf(call.node, 'MaxRoiPool').spatial_scale;
  return Array.from({ length: rois.dims[0] }, (_, r) => {
    const [row, ...corners] = rois.data.subarray(5 * r, 5 * r + 5);
    const [x1, y1, x2, y2] = corners.map((c) => rounded(c * scale));
    const span = (from: number, to: number) => [from, Math.max(to + 1, from + 1)] as const;
    return { batch: checkedIndex(call, row, x.dims[0]), spans: [span(y1, y2), span(x1, x2)] };
  });
}

/** Returns the maximum of every cell of every region. Cells may overlap by one element. An empty cell gives 0. */
const maxRoiPool: EvalRow = (call) => {
  const { dims } = call.input(0);
  const [height, width] = attributesOf(call.node, 'MaxRoiPool').pooled_shape;
  return mapCells(call, {
    regions: wholeRegions(call),
    cells: [height, width],
    value({ spans }, cell, plane) {
      const [[top, bottom], [left, right]] = cell.map(([cells, p], axis) => {
        const [from, to] = spans[axis];
        const inside = (at: number) => Math.min(dims[axis + 2], Math.max(0, at + from));
        const length = (to - from) / cells;
        return [inside(Math.floor(p * length)), inside(Math.ceil((p + 1) * length))];
      });
      let best = top < bottom && left < right ? Number.NEGATIVE_INFINITY : 0;
      for (let i = top; i < bottom; i++) {
        for (let j = left; j < right; j++) best = Math.max(best, plane[i * dims[3] + j]);
      }
      return best;
    },
  });
};

interface Cells {
  readonly regions: readonly Region[];
  readonly cells: readonly [height: number, width: number];
  /** Computes one cell. `cell` holds, for y and x, the number of cells and the index of this one. */
  value(region: Region, cell: readonly (readonly [number, number])[], plane: Float64Array): number;
}

function mapCells(call: Call, { regions, cells: [height, width], value }: Cells): NumArray {
  const x = call.input(0);
  const [, channels, ...spatial] = x.dims;
  const size = sizeOf(spatial);
  const y = filled(x.dtype, [regions.length, channels, height, width]);
  regions.forEach((region, r) => {
    for (let c = 0; c < channels; c++) {
      const start = (region.batch * channels + c) * size;
      const plane = x.data.subarray(start, start + size);
      for (let o = 0; o < height * width; o++) {
        const cell = [[height, Math.floor(o / width)], [width, o % width]] as const; // biome-ignore format: a pair
        y.data[(r * channels + c) * height * width + o] = value(region, cell, plane);
      }
    }
  });
  return y;
}

export const roiRows = { MaxRoiPool: maxRoiPool, RoiAlign: roiAlign } satisfies Record<string, EvalRow>;
