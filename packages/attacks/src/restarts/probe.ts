import type { Oracle, Searched } from '../search/oracle.js';
import {
  clip,
  distance,
  type Floats,
  floatsLike,
  freeOfRow,
  inputOf,
  keepBest,
  type SearchRows,
} from '../search/rows.js';

/** Evenly spread points in a cube around a centre. */
export interface Probes {
  /** The cube of each row: its centre and half of its width. */
  around(row: number): { readonly centre: Floats; readonly radius: number };
  /** Number of the first point in the sequence. */
  readonly first: number;
  readonly count: number;
}

/** The points that were evaluated, with their margins. */
export interface Probed {
  readonly owners: readonly number[];
  readonly data: Floats;
  readonly margins: Float64Array;
}

/**
 * Evaluates points in cubes within the bounds, those that lie nearer to the input than the best point of their row, and keeps those at
 * which the margin is below 0.
 */
export async function probeRows(
  { rows, oracle, best }: Searched & { readonly oracle: Oracle },
  picked: readonly number[],
  probes: Probes,
): Promise<Probed> {
  const { size } = rows;
  const owners: number[] = [];
  const data = floatsLike(rows.origin, picked.length * probes.count * size);
  for (const row of picked) {
    const elements = freeOfRow(rows, row);
    const cube = probes.around(row);
    for (let k = 0; k < probes.count; k++) {
      const at = owners.length;
      const point = data.subarray(at * size, (at + 1) * size);
      point.set(inputOf(rows, row));
      writeProbe({ point, elements, bounds: rows.bounds }, cube, probes.first + k);
      if (distance(rows, row, { data, at }) < best.norms[row]) owners.push(row);
    }
  }
  const points = { data: data.subarray(0, owners.length * size), owners: Int32Array.from(owners) };
  const margins = await oracle.margins(points);
  keepBest(rows, best, { points, margins, slack: oracle.slack });
  return { owners, data, margins };
}

interface Probe extends Pick<SearchRows, 'bounds'> {
  readonly point: Floats;
  readonly elements: Int32Array;
}

function writeProbe(
  { point, elements, bounds }: Probe,
  { centre, radius }: ReturnType<Probes['around']>,
  n: number,
): void {
  elements.forEach((j, axis) => {
    const low = Math.max(bounds[0], centre[j] - radius);
    const high = Math.min(bounds[1], centre[j] + radius);
    point[j] = clip(low + (high - low) * spread(n, axis, elements.length), bounds);
  });
}

/** The positive roots of x^(d + 1) = x + 1 for d = 1, 2, 3. */
const ROOTS = [1.618033988749895, 1.324717957244746, 1.2207440846057596];

/**
 * Coordinate `axis` of point n of a sequence in d dimensions, d at most 3, in [0, 1). Any number of its points fill the cube evenly: they
 * are the multiples of the powers of 1 / x modulo 1, where x^(d + 1) = x + 1.
 */
const spread = (n: number, axis: number, d: number): number =>
  (0.5 + (n + 1) / ROOTS[d - 1] ** (axis + 1)) % 1;
