import type { Plane } from '../features/plane.js';
import type { Stream } from '../random/stream.js';
import type { SmoothMaskDraws } from '../types/compact-draws.js';

/**
 * Writes the mask of one draw, the share of each element that is removed, for an input seen as a plane. A grid of `cells` along each axis,
 * each cell removed with the probability, is enlarged bilinearly to the size of cells + 1 cells, each of ceil(length / cells) pixels. The
 * mask is the part of it that begins at a random pixel of the first cell. The random numbers are the pixel's row, its column, then the
 * grid.
 * Source: Petsiuk et al. 2018 (RISE), section 3.2; the size of a cell is rounded up, as in their program, so that the part has the size of
 * the image.
 */
export function fillSmoothMask(
  random: Stream,
  { cells, probability }: Pick<SmoothMaskDraws, 'cells' | 'probability'>,
  { plane, out }: { readonly plane: Plane; readonly out: Float32Array | Float64Array },
): void {
  const { channels, height, width, channel, pixel } = plane;
  const rows = axisOf(height, cells, random);
  const columns = axisOf(width, cells, random);
  const limit = probability * 2 ** 32;
  const grid = Uint8Array.from({ length: rows.nodes * columns.nodes }, () =>
    random.uint32() < limit ? 1 : 0,
  );
  for (let y = 0; y < height; y++) {
    const above = rows.node[y] * columns.nodes;
    const below = Math.min(rows.node[y] + 1, rows.nodes - 1) * columns.nodes;
    for (let x = 0; x < width; x++) {
      const left = columns.node[x];
      const right = Math.min(left + 1, columns.nodes - 1);
      const top = between(grid[above + left], grid[above + right], columns.share[x]);
      const bottom = between(grid[below + left], grid[below + right], columns.share[x]);
      const value = between(top, bottom, rows.share[y]);
      for (let c = 0; c < channels; c++) out[c * channel + (y * width + x) * pixel] = value;
    }
  }
}

const between = (a: number, b: number, share: number): number => a + share * (b - a);

/** For each position along an axis the node of the grid before it, and how far it lies between that node and the next, 0 to 1. */
interface GridAxis {
  readonly nodes: number;
  readonly node: Int32Array;
  readonly share: Float64Array;
}

function axisOf(dim: number, cells: number, random: Stream): GridAxis {
  const nodes = dim === 1 ? 1 : cells;
  const size = Math.ceil(dim / nodes);
  const enlargement = ((nodes + 1) * size) / nodes;
  const shift = random.below(size);
  const node = new Int32Array(dim);
  const share = new Float64Array(dim);
  for (let i = 0; i < dim; i++) {
    // The centre of a pixel in units of nodes. Beyond the outer nodes the mask is constant.
    const place = Math.min(nodes - 1, Math.max(0, (i + shift + 0.5) / enlargement - 0.5));
    node[i] = Math.floor(place);
    share[i] = place - node[i];
  }
  return { nodes, node, share };
}
