import type { Oracle } from './oracle.js';
import { type Best, distance, type Floats, floatsLike, keepBest, type SearchRows } from './rows.js';

/** How far a line is followed beyond its point. */
const FARTHEST = 1.3;

/** The least share by which a perturbation that is too small is made larger. */
const LEAST_GROWTH = 0.01;

/** Rounds of secants, after which intervals are halved. */
const SECANTS = 8;

/** A search with what it needs, and the relative error that a line search may leave. */
export interface LineSearch {
  readonly rows: SearchRows;
  readonly oracle: Oracle;
  readonly best: Best;
  readonly tolerance: number;
}

/**
 * Searches along the line from the input through the point where each search ended, by evaluations only: it makes the perturbation larger
 * by at most 30 % until the margin is below 0, or smaller while it is, until an interval around a place where the sign changes is as small
 * as the tolerance. The next place is where the secant of the last two margins is 0, or else the middle of the interval. SearchRows that
 * ended farther away than their best point, and those for which the line has no point, go by the best point.
 */
export async function searchLines(search: LineSearch, ends: Floats): Promise<void> {
  const { rows, best } = search;
  const nearer = (row: number) => !(distance(rows, row, { data: ends, at: row }) > best.norms[row]);
  const all = Array.from({ length: rows.count }, (_, row) => row);
  const work = floatsLike(ends, ends.length);
  const failed = await alongLines({ ...search, points: ends, work }, all.filter(nearer));
  const byBest = all.filter((row) => !nearer(row)).concat(failed);
  const known = byBest.filter((row) => best.norms[row] < Number.POSITIVE_INFINITY);
  if (known.length > 0) await alongLines({ ...search, points: best.points.slice(), work }, known);
}

interface Lines extends LineSearch {
  /** A point of each row, through which its line goes. */
  readonly points: Floats;
  /** Gets the points that are evaluated, in as many elements as all rows have. */
  readonly work: Floats;
}

/** The line of one row: the margin is below 0 at the factor `enough`, and not at `short`. */
interface Line {
  readonly row: number;
  short: number;
  enough: number;
  /** The factor that is evaluated next, and the one evaluated last with its margin. */
  factor: number;
  last: { readonly factor: number; readonly margin: number };
}

/** Searches the lines of some rows and returns those for which no factor was enough. */
async function alongLines(lines: Lines, picked: readonly number[]): Promise<readonly number[]> {
  const { rows, tolerance } = lines;
  const lost: number[] = [];
  let open = picked.map(
    (row): Line => ({
      row,
      short: 0,
      enough: Number.POSITIVE_INFINITY,
      factor: 1,
      last: { factor: 0, margin: rows.margins[row] },
    }),
  );
  for (let round = 0; open.length > 0; round++) {
    const margins = await judge(lines, open);
    open = open.filter((line, at) => {
      narrow(line, margins[at] + lines.oracle.slack[line.row], round < SECANTS ? tolerance : undefined);
      if (line.enough === Number.POSITIVE_INFINITY && line.short >= FARTHEST) lost.push(line.row);
      return line.enough === Number.POSITIVE_INFINITY
        ? line.short < FARTHEST
        : line.enough - line.short > tolerance * line.enough;
    });
  }
  return lost;
}

/**
 * Takes in the margin at the factor, less its rounding, and chooses the next factor: near the root of the secant, on the side of it that
 * was not evaluated last, so that both ends of the interval come near. Without a tolerance it is the middle.
 */
function narrow(line: Line, margin: number, tolerance: number | undefined): void {
  const { factor, last } = line;
  const isEnough = margin < 0;
  if (isEnough) line.enough = factor;
  else line.short = factor;
  line.last = { factor, margin };
  line.factor = nextFactor(line, margin - last.margin === 0 ? undefined : tolerance, {
    root: factor - (margin * (factor - last.factor)) / (margin - last.margin),
    isEnough,
  });
}

function nextFactor(
  { short, enough, factor }: Line,
  tolerance: number | undefined,
  { root, isEnough }: { readonly root: number; readonly isEnough: boolean },
): number {
  const isOpen = enough === Number.POSITIVE_INFINITY;
  if (tolerance === undefined || Number.isNaN(root)) return isOpen ? FARTHEST : (short + enough) / 2;
  const wanted = root * (1 + (isEnough ? -0.4 : 0.4) * tolerance);
  if (isOpen) return Math.min(FARTHEST, Math.max(factor * (1 + LEAST_GROWTH), wanted));
  return wanted > short && wanted < enough ? wanted : (short + enough) / 2;
}

/** Evaluates the next point on each line, keeps those that are the best of their row, and returns the margins. */
async function judge(
  { rows, oracle, best, points, work }: Lines,
  lines: readonly Line[],
): Promise<Float64Array> {
  const { size } = rows;
  const owners = Int32Array.from(lines, ({ row }) => row);
  const data = work.subarray(0, lines.length * size);
  for (let at = 0; at < owners.length; at++) {
    writePoint(rows, owners[at], {
      points,
      factor: lines[at].factor,
      into: data.subarray(at * size, (at + 1) * size),
    });
  }
  const margins = await oracle.margins({ data, owners });
  keepBest(rows, best, { points: { data, owners }, margins, slack: oracle.slack });
  return margins;
}

interface PointOnLine {
  readonly points: Floats;
  readonly factor: number;
  readonly into: Floats;
}

/** Writes the point of a row whose perturbation is that of its point in `points` times a factor, within the bounds. */
function writePoint(rows: SearchRows, row: number, { points, factor, into }: PointOnLine): void {
  const { size, origin, elements } = rows;
  const [low, high] = rows.bounds;
  const from = row * size;
  into.set(origin.subarray(from, from + size));
  const last = elements.first[row + 1];
  for (let k = elements.first[row]; k < last; k++) {
    const j = elements.at[k];
    const x = origin[from + j];
    const step = points[from + j] - x;
    if (step === 0) continue;
    const moved = x + factor * step;
    into[j] = Math.min(high, Math.max(low, moved));
  }
}
