import type { Oracle, Searched } from '../search/oracle.js';
import { clip, type Floats, inputOf, keepBest } from '../search/rows.js';

/** A search with what it needs. */
export interface Decision extends Searched {
  readonly oracle: Oracle;
}

/**
 * Points that are searched side by side, several of each row. While `isFound` of a point is 1, its margin is below 0. Points for which it
 * is 0 are left out.
 */
export interface Walkers {
  readonly owners: Int32Array;
  readonly data: Floats;
  readonly isFound: Uint8Array;
}

/** Halvings of an interval on a line. */
const HALVINGS = 20;

/** Evaluates points, keeps the best of each row, and returns 1 for those at which the margin is below 0. */
export async function judge(
  { rows, oracle, best }: Decision,
  points: Pick<Walkers, 'owners' | 'data'>,
): Promise<Uint8Array> {
  const margins = await oracle.margins(points);
  keepBest(rows, best, { points, margins, slack: oracle.slack });
  return Uint8Array.from(points.owners, (row, at) => Number(margins[at] < -oracle.slack[row]));
}

/** Evaluates a changed copy of some walkers and moves those there at which the margin is below 0. Returns 1 for these. */
export async function tryMove(
  decision: Decision,
  walkers: Walkers,
  { picked, move }: { readonly picked: readonly number[]; move(at: number, point: Floats): void },
): Promise<ReadonlySet<number>> {
  const moved = new Set<number>();
  if (picked.length === 0) return moved;
  const { size } = decision.rows;
  const owners = Int32Array.from(picked, (at) => walkers.owners[at]);
  const data = walkers.data.slice(0, picked.length * size);
  picked.forEach((at, place) => {
    const point = data.subarray(place * size, (place + 1) * size);
    point.set(pointOf(walkers, at));
    move(at, point);
  });
  const isFound = await judge(decision, { owners, data });
  picked.forEach((at, place) => {
    if (isFound[place] === 0) return;
    moved.add(at);
    pointOf(walkers, at).set(data.subarray(place * size, (place + 1) * size));
    walkers.isFound[at] = 1;
  });
  return moved;
}

/** The point of a walker, which can be written. */
export function pointOf({ owners, data }: Walkers, at: number): Floats {
  const size = data.length / owners.length;
  return data.subarray(at * size, (at + 1) * size);
}

/** The walkers that have a point. */
export const foundOf = ({ isFound }: Walkers): readonly number[] =>
  Array.from(isFound.keys()).filter((at) => isFound[at] !== 0);

/**
 * The share of the way that a point goes is made as small as the margin allows, by halving: on the line to the input, or for some elements
 * only.
 */
export async function shorten(
  decision: Decision,
  walkers: Walkers,
  {
    picked,
    elements,
    halvings = HALVINGS,
  }: {
    readonly picked: readonly number[];
    /** The elements of a walker that move; default: all. */
    elements?(at: number): ArrayLike<number>;
    readonly halvings?: number;
  },
): Promise<void> {
  const { rows } = decision;
  const { bounds } = rows;
  const ends = new Map(picked.map((at) => [at, pointOf(walkers, at).slice()] as const));
  const short = new Map<number, number>(picked.map((at) => [at, 0]));
  const enough = new Map<number, number>(picked.map((at) => [at, 1]));
  const middle = (at: number) => ((short.get(at) ?? 0) + (enough.get(at) ?? 1)) / 2;
  for (let halving = 0; halving < halvings; halving++) {
    const moved = await tryMove(decision, walkers, {
      picked,
      move(at, point) {
        const [x, end, share] = [inputOf(rows, walkers.owners[at]), ends.get(at) ?? point, middle(at)];
        const part = elements?.(at);
        for (let i = 0; i < (part?.length ?? point.length); i++) {
          const j = part?.[i] ?? i;
          point[j] = end[j] === x[j] ? x[j] : clip(x[j] + share * (end[j] - x[j]), bounds);
        }
      },
    });
    for (const at of picked) {
      const shares = moved.has(at) ? enough : short;
      shares.set(at, middle(at));
    }
  }
}
