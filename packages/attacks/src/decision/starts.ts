import { fold, stream } from '@onnxplain/core';
import { clip, type Floats, floatsLike, inputOf, type SearchRows } from '../search/rows.js';
import { type Decision, foundOf, pointOf, shorten, tryMove, type Walkers } from './walkers.js';

/** Shares of the way to the bounds at which directions are tried, nearest first; beyond 1 for elements without bounds. */
const SHARES = Array.from({ length: 16 }, (_, k) => 2 ** (k - 5));

/**
 * Several points of each row at which the margin is below 0, each on the line of a direction: all elements up, all down, and random ones
 * that change about half of the elements. The way of an element goes to its bound, or, where it has none, as far as its size plus 1, and
 * on.
 */
export async function startWalkers(decision: Decision, starts: number): Promise<Walkers> {
  const { rows } = decision;
  const { count, size, origin } = rows;
  const owners = Int32Array.from({ length: count * starts }, (_, at) => at % count);
  const data = floatsLike(origin, owners.length * size);
  const walkers = { owners, data, isFound: new Uint8Array(owners.length) };
  owners.forEach((row, at) => {
    pointOf(walkers, at).set(inputOf(rows, row));
  });
  const directions = Array.from(owners.keys(), (at) => directionOf(rows, owners[at], Math.floor(at / count)));
  for (const share of SHARES) {
    const picked = Array.from(owners.keys()).filter((at) => walkers.isFound[at] === 0);
    await tryMove(decision, walkers, {
      picked,
      move(at, point) {
        const x = inputOf(rows, owners[at]);
        for (let j = 0; j < size; j++) {
          const step = directions[at][j];
          if (step !== 0) point[j] = clip(x[j] + share * step, rows.bounds);
        }
      },
    });
  }
  await shorten(decision, walkers, { picked: foundOf(walkers) });
  return walkers;
}

/** The change of each element at share 1 in the direction of this number. */
function directionOf(rows: SearchRows, row: number, number: number): Float64Array {
  const { size, free, bounds } = rows;
  const x: Floats = inputOf(rows, row);
  const random = stream(fold(rows.keys(row), number));
  return Float64Array.from(x, (v, j) => {
    const chance = random.uniform();
    if (free[row * size + j] === 0) return 0;
    const way =
      number < 2 ? 1 - 2 * number : number % 2 === 0 || chance < 0.5 ? Math.sign(random.normal()) : 0;
    const room = way > 0 ? bounds[1] - v : v - bounds[0];
    const share = number % 3 === 2 ? random.uniform() : 1;
    return way * share * (Number.isFinite(room) ? room : Math.abs(v) + 1);
  });
}
