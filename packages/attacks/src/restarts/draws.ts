import { fillUniformInBall, fold, stream } from '@onnxplain/core';
import type { Oracle, Searched } from '../search/oracle.js';
import { clip, type Floats, floatsLike, freeOfRow, inputOf, type SearchRows } from '../search/rows.js';

/** Points that are drawn for one start. The one of lowest margin is taken. */
const DRAWS = 16;

/**
 * For every row that has a best point, the one of 16 uniform draws in the ball inside it that has the lowest margin. `start` is the number
 * of the search for which they are drawn.
 */
export async function lowestDraws(
  { rows, oracle, best }: Searched & { readonly oracle: Oracle },
  start: number,
): Promise<ReadonlyMap<number, Floats>> {
  const { size } = rows;
  const found = Array.from(best.norms.keys()).filter((row) => best.norms[row] < Number.POSITIVE_INFINITY);
  const owners = Int32Array.from(found);
  const lowest = new Map<number, { margin: number; point: Floats }>();
  for (let draw = 0; draw < DRAWS; draw++) {
    const data = floatsLike(rows.origin, owners.length * size);
    found.forEach((row, at) => {
      writeDraw(rows, row, {
        point: data.subarray(at * size, (at + 1) * size),
        radius: best.norms[row],
        seed: fold(fold(rows.keys(row), start), draw),
      });
    });
    const margins = await oracle.margins({ data, owners });
    found.forEach((row, at) => {
      if (margins[at] >= (lowest.get(row)?.margin ?? Number.POSITIVE_INFINITY)) return;
      lowest.set(row, { margin: margins[at], point: data.slice(at * size, (at + 1) * size) });
    });
  }
  return new Map(Array.from(lowest, ([row, { point }]) => [row, point] as const));
}

interface Draw {
  readonly point: Floats;
  readonly radius: number;
  readonly seed: ReturnType<SearchRows['keys']>;
}

/** Writes a uniform point of the ball over the free elements, cut at the bounds. */
function writeDraw(rows: SearchRows, row: number, { point, radius, seed }: Draw): void {
  const { bounds, norm } = rows;
  point.set(inputOf(rows, row));
  const elements = freeOfRow(rows, row);
  const drawn = new Float64Array(elements.length);
  fillUniformInBall(stream(seed), drawn, { norm, radius });
  elements.forEach((j, k) => {
    point[j] = clip(point[j] + drawn[k], bounds);
  });
}
