import type { Plane } from '../features/plane.js';
import type { Stream } from '../random/stream.js';
import type { SmoothMaskDraws } from '../types/compact-draws.js';

/** Writes the mask of one draw, from its random numbers. */
export type SmoothMaskWriter = (random: Stream, out: Float32Array | Float64Array) => void;

/**
 * Returns a function that writes the mask of one draw, the share of each element that is removed, for an input seen as a plane. A grid
 * of `cells` along each axis, each cell removed with the probability, is enlarged bilinearly to the size of cells + 1 cells, each of
 * ceil(length / cells) pixels. The mask is the part of it that begins at a random pixel of the first cell. The random numbers are the
 * pixel's row, its column, then the grid.
 * Source: Petsiuk et al. 2018 (RISE), section 3.2; the size of a cell is rounded up, as in their program, so that the part has the size of
 * the image.
 */
export function smoothMaskWriter(
  plane: Plane,
  { cells, probability }: Pick<SmoothMaskDraws, 'cells' | 'probability'>,
): SmoothMaskWriter {
  const { channels, height, width, channel, pixel } = plane;
  const axes = { rows: gridAxis(height, cells), columns: gridAxis(width, cells) };
  const limit = probability * 2 ** 32;
  const grid = new Uint8Array(axes.rows.nodes * axes.columns.nodes);
  /** The rows of the grid, enlarged along the columns. */
  const lines = new Float64Array(axes.rows.nodes * width);
  return (random, out) => {
    const rows = axes.rows.at(random);
    const columns = axes.columns.at(random);
    for (let i = 0; i < grid.length; i++) grid[i] = random.uint32() < limit ? 1 : 0;
    enlargeLines(grid, columns, lines);
    for (let y = 0; y < height; y++) {
      const above = rows.node[y] * width;
      const below = rows.next[y] * width;
      const share = rows.share[y];
      for (let x = 0, at = y * width * pixel; x < width; x++, at += pixel)
        out[at] = between(lines[above + x], lines[below + x], share);
    }
    copyChannels(out, { channels, channel, pixel });
  };
}

/** Copies the first channel to the others. */
function copyChannels(
  out: Float32Array | Float64Array,
  { channels, channel, pixel }: Pick<Plane, 'channels' | 'channel' | 'pixel'>,
): void {
  const size = out.length / channels;
  for (let c = 1; c < channels; c++) {
    for (let i = 0; i < size; i++) out[c * channel + i * pixel] = out[i * pixel];
  }
}

function enlargeLines(grid: Uint8Array, { node, next, share }: GridPlaces, lines: Float64Array): void {
  const width = node.length;
  const nodes = (grid.length * width) / lines.length;
  for (let from = 0, to = 0; from < grid.length; from += nodes, to += width) {
    for (let x = 0; x < width; x++)
      lines[to + x] = between(grid[from + node[x]], grid[from + next[x]], share[x]);
  }
}

const between = (a: number, b: number, share: number): number => a + share * (b - a);

/** For each position along an axis the nodes of the grid around it, and how far it lies between them, 0 to 1. */
interface GridPlaces {
  readonly node: Int32Array;
  readonly next: Int32Array;
  readonly share: Float64Array;
}

/** An axis of an enlarged grid. `at` draws where the mask begins. */
interface GridAxis {
  readonly nodes: number;
  at(random: Stream): GridPlaces;
}

function gridAxis(length: number, cells: number): GridAxis {
  const nodes = length === 1 ? 1 : cells;
  const size = Math.ceil(length / nodes);
  const enlargement = ((nodes + 1) * size) / nodes;
  const made = new Map<number, GridPlaces>();
  return {
    nodes,
    at(random) {
      const shift = random.below(size);
      const places = made.get(shift) ?? placesFrom(shift, { length, nodes, enlargement });
      made.set(shift, places);
      return places;
    },
  };
}

function placesFrom(
  shift: number,
  {
    length,
    nodes,
    enlargement,
  }: { readonly length: number; readonly nodes: number; readonly enlargement: number },
): GridPlaces {
  const node = new Int32Array(length);
  const share = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    // The centre of a pixel in units of nodes. Beyond the outer nodes the mask is constant.
    const place = Math.min(nodes - 1, Math.max(0, (i + shift + 0.5) / enlargement - 0.5));
    node[i] = Math.floor(place);
    share[i] = place - node[i];
  }
  return { node, next: node.map((before) => Math.min(before + 1, nodes - 1)), share };
}
