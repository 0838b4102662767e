import type { Oracle, Searched } from '../search/oracle.js';
import { distance, type Floats, freeOfRow, inputOf } from '../search/rows.js';
import type { Search } from '../search/search-sets.js';
import { type Probed, probeRows } from './probe.js';
import { searchFrom } from './search-from.js';

/** Most free elements of a set that is scanned: in more dimensions a few hundred points say nothing about a ball. */
const MOST_FREE = 3;
/** Most scans of the ball, each of the smaller ball that the one before it left. */
const ROUNDS = 6;
/** Scans around the best point, each of half the width of the one before it. */
const LEVELS = 10;
/** The points of lowest margin from which a search begins. */
const LOWEST = 4;
/** Elements of the points that are evaluated together. */
const BLOCK = 2 ** 22;

/** A scan of some rows with the number of points of each round. */
interface Scan extends Searched {
  readonly oracle: Oracle;
  readonly probes: number;
  /** Begins at the points of lowest margin. */
  readonly search?: Search;
}

/**
 * Scans the ball inside the best point of every set of at most three free elements, because a search that follows gradients sees one
 * boundary of several. The ball gets `probes` evenly spread points, again each time that a nearer point is found. Searches of 12 steps
 * begin at the four points of lowest margin. Then the neighbourhood of the best point gets a quarter as many points, ten times, each time
 * half as wide. Returns the rows of these sets.
 */
export async function scanFew(
  searched: Searched & { readonly oracle: Oracle },
  { probes, search }: Pick<Scan, 'probes' | 'search'>,
): Promise<readonly number[]> {
  const scan = { ...searched, probes, ...(search && { search }) };
  const { rows } = scan;
  const few = Array.from({ length: rows.count }, (_, row) => row).filter((row) => {
    const { length } = freeOfRow(rows, row);
    return length > 0 && length <= MOST_FREE;
  });
  const step = Math.max(1, Math.floor(BLOCK / (rows.size * probes)));
  for (let from = 0; from < few.length; from += step) {
    const block = few.slice(from, from + step);
    const lowest = await scanBalls(scan, block);
    await searchLowest(scan, lowest);
    await scanAroundBest(scan, block);
  }
  return few;
}

/** A point that was evaluated, with its margin and norm. */
interface Low {
  readonly margin: number;
  readonly norm: number;
  readonly point: Floats;
}

/** Scans the balls until nothing nearer is found. Returns the points of lowest margin of each row. */
async function scanBalls(scan: Scan, block: readonly number[]): Promise<Map<number, Low[]>> {
  const { rows, best, probes } = scan;
  const lowest = new Map<number, Low[]>();
  let open = block;
  for (let round = 0; round < ROUNDS && open.length > 0; round++) {
    const before = best.norms.slice();
    const around = (row: number) => ({
      centre: inputOf(rows, row),
      radius: reachOf(scan, row),
    });
    const probed = await probeRows(scan, open, { around, first: round * probes, count: probes });
    keepLowest(scan, lowest, probed);
    open = open.filter((row) => best.norms[row] < before[row]);
  }
  return lowest;
}

/** The radius of the ball that is scanned: the best norm, or where nothing was found all that the bounds allow. */
function reachOf({ best, rows: { bounds } }: Scan, row: number): number {
  if (best.norms[row] < Number.POSITIVE_INFINITY) return best.norms[row];
  const width = bounds[1] - bounds[0];
  return Number.isFinite(width) ? width : 2 * best.reached[row];
}

function keepLowest({ rows }: Scan, lowest: Map<number, Low[]>, { owners, data, margins }: Probed): void {
  const { size } = rows;
  owners.forEach((row, at) => {
    const lows = lowest.get(row) ?? [];
    lowest.set(row, lows);
    const margin = margins[at];
    if (!(margin >= 0) || (lows.length === LOWEST && margin >= lows[LOWEST - 1].margin)) return;
    const point = data.slice(at * size, (at + 1) * size);
    lows.push({ margin, norm: distance(rows, row, { data, at }), point });
    lows.sort((a, b) => a.margin - b.margin);
    lows.length = Math.min(lows.length, LOWEST);
  });
}

/** Searches from the points of lowest margin that lie inside the best point. */
async function searchLowest(scan: Scan, lowest: Map<number, Low[]>): Promise<void> {
  const { search } = scan;
  if (search === undefined) return;
  for (let rank = 0; rank < LOWEST; rank++) {
    const starts = new Map<number, Floats>();
    for (const [row, lows] of lowest) {
      const low = lows[rank];
      if (low !== undefined && low.norm < scan.best.norms[row]) starts.set(row, low.point);
    }
    await searchFrom(scan, starts, search);
  }
}

async function scanAroundBest(scan: Scan, block: readonly number[]): Promise<void> {
  const { best, rows } = scan;
  const { size } = rows;
  const found = block.filter((row) => best.norms[row] < Number.POSITIVE_INFINITY);
  const count = Math.ceil(scan.probes / 4);
  for (let level = 1; level <= LEVELS && found.length > 0; level++) {
    const around = (row: number) => ({
      centre: best.points.slice(row * size, (row + 1) * size),
      radius: best.norms[row] / 2 ** level,
    });
    await probeRows(scan, found, { around, first: level * count, count });
  }
}
