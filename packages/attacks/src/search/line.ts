import type { Oracle } from './oracle.js';
import { type Best, distance, type Floats, keepBest, type SearchRows } from './rows.js';

/** Factors by which a perturbation is made larger, or smaller, one after the other. */
const FACTORS = [1, 1.01, 1.02, 1.05, 1.1, 1.2, 1.3];

/** A search with what it needs, and the relative error that a line search may leave. */
export interface LineSearch {
  readonly rows: SearchRows;
  readonly oracle: Oracle;
  readonly best: Best;
  readonly tolerance: number;
}

/**
 * Searches along the line from the input through the point where each search ended, by evaluations only: it makes the perturbation larger
 * by 1 to 30 % until the margin is below 0, or smaller while it is, and then halves the interval until it is as small as the tolerance.
 * SearchRows that ended farther away than their best point, and those for which the line has no point, go by the best point.
 */
export async function searchLines(search: LineSearch, ends: Floats): Promise<void> {
  const { rows, best } = search;
  const nearer = (row: number) => !(distance(rows, row, { data: ends, at: row }) > best.norms[row]);
  const all = Array.from({ length: rows.count }, (_, row) => row);
  const failed = await alongLines({ ...search, points: ends }, all.filter(nearer));
  const byBest = all.filter((row) => !nearer(row)).concat(failed);
  const known = byBest.filter((row) => best.norms[row] < Number.POSITIVE_INFINITY);
  await alongLines({ ...search, points: best.points.slice() }, known);
}

interface Lines extends LineSearch {
  /** A point of each row, through which its line goes. */
  readonly points: Floats;
}

/** The line of one row: the margin is below 0 at the factor `enough`, and not at `short`. */
interface Line {
  readonly row: number;
  short: number;
  enough: number;
}

/** Searches the lines of some rows and returns those for which no factor was enough. */
async function alongLines(lines: Lines, picked: readonly number[]): Promise<readonly number[]> {
  const all = picked.map((row): Line => ({ row, short: 0, enough: Number.POSITIVE_INFINITY }));
  const narrow = (line: Line, factor: number, isEnough: boolean) => {
    if (isEnough) line.enough = factor;
    else line.short = factor;
  };
  const isFound = ({ enough }: Line) => enough < Number.POSITIVE_INFINITY;
  for (const factor of FACTORS) {
    await judge(
      lines,
      all.filter((line) => !isFound(line)),
      { factorOf: () => factor, narrow },
    );
  }
  for (const [at, factor] of FACTORS.entries()) {
    const inside = all.filter(({ enough, short }) => enough === 1 / FACTORS[at - 1] && short === 0);
    await judge(lines, inside, { factorOf: () => 1 / factor, narrow });
  }
  const middle = ({ short, enough }: Line) => (short + enough) / 2;
  const isWide = ({ short, enough }: Line) => enough - short > lines.tolerance * enough;
  for (;;) {
    const open = all.filter((line) => isFound(line) && isWide(line));
    if (open.length === 0) break;
    await judge(lines, open, { factorOf: middle, narrow });
  }
  return all.filter((line) => !isFound(line)).map(({ row }) => row);
}

interface Judge {
  factorOf(line: Line): number;
  narrow(line: Line, factor: number, isEnough: boolean): void;
}

/** Evaluates a point on each line, keeps those that are the best of their row, and narrows the lines. */
async function judge(
  { rows, oracle, best, points }: Lines,
  lines: readonly Line[],
  { factorOf, narrow }: Judge,
): Promise<void> {
  if (lines.length === 0) return;
  const { size, origin, bounds } = rows;
  const factors = lines.map(factorOf);
  const owners = Int32Array.from(lines, ({ row }) => row);
  const data = points.slice(0, lines.length * size);
  for (let at = 0; at < owners.length; at++) {
    const from = owners[at] * size;
    for (let j = 0; j < size; j++) {
      const x = origin[from + j];
      const step = points[from + j] - x;
      data[at * size + j] = step === 0 ? x : Math.min(bounds[1], Math.max(bounds[0], x + factors[at] * step));
    }
  }
  const margins = await oracle.margins({ data, owners });
  keepBest(rows, best, { points: { data, owners }, margins, slack: oracle.slack });
  lines.forEach((line, at) => {
    narrow(line, factors[at], margins[at] < -oracle.slack[line.row]);
  });
}
