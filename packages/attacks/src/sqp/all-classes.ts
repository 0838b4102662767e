import { searchLines } from '../search/line.js';
import type { Oracle, Searched } from '../search/oracle.js';
import { allRows, clip, type Floats, inputOf, type SearchRows, takeBest } from '../search/rows.js';
import { leastChange } from './half-spaces.js';
import { MOST_CLASSES, overOther } from './nearest-class.js';

/** How often the classes are made linear: again at the point that the first time gave. */
const ROUNDS = 2;
/**
 * How far below 0 all classes aim, in units of the margin at the input: a line through the point where several meet may miss that region.
 */
const OVERSHOOT = 1e-4;

/**
 * For a targeted margin, where all other classes have to lose at once: makes the nine best other classes linear at the best point and
 * moves to the point nearest to the input at which the target wins over all of them. The steps see one mixture of classes at a time, and
 * stop where two classes are level. It costs two gradients for each of these classes and row, and a line search. It does nothing for other
 * margins.
 */
export async function tryAllClasses({
  rows,
  oracle,
  best,
}: Searched & { readonly oracle: Oracle }): Promise<void> {
  const { count, size } = rows;
  const { classes } = oracle;
  if (classes?.targeted !== true || classes.count < 3) return;
  const points = { data: rows.start.slice(), owners: allRows(count) };
  takeBest(points.data, best, size);
  for (let round = 0; round < ROUNDS; round++) {
    const slopes: Floats[] = [];
    const values: Float64Array[] = [];
    for (let rank = 0; rank < Math.min(MOST_CLASSES, classes.count - 1); rank++) {
      const found = await oracle.slopes(points, overOther(rank));
      slopes.push(found.gradients.slice());
      values.push(found.values);
    }
    for (let row = 0; row < count; row++) moveToAll(row, { rows, points: points.data, slopes, values });
    await searchLines({ rows, oracle, best, tolerance: 4e-4 }, points.data);
    takeBest(points.data, best, size);
  }
}

interface LinearClasses {
  readonly rows: SearchRows;
  readonly points: Floats;
  /** For each class its number less that of the target at every point, and the gradients of that. */
  readonly values: readonly Float64Array[];
  readonly slopes: readonly Floats[];
}

/** Moves the point of a row to the nearest one at which the target wins over all classes that are made linear, if there is one. */
function moveToAll(row: number, { rows, points, values, slopes }: LinearClasses): void {
  const { size, free, bounds, norm } = rows;
  const [from, to] = [row * size, (row + 1) * size];
  const x = inputOf(rows, row);
  const at = points.subarray(from, to);
  const own = slopes.map((each) =>
    each.subarray(from, to).map((slope, j) => (free[from + j] === 0 ? 0 : slope)),
  );
  const change = leastChange(
    {
      slopes: own,
      needs: own.map((slope, k) => {
        let need = values[k][row] + OVERSHOOT * rows.margins[row];
        for (let j = 0; j < size; j++) need += slope[j] * (x[j] - at[j]);
        return need;
      }),
      low: Float64Array.from(x, (v, j) => (free[from + j] === 0 ? 0 : bounds[0] - v)),
      high: Float64Array.from(x, (v, j) => (free[from + j] === 0 ? 0 : bounds[1] - v)),
    },
    norm,
  );
  change?.forEach((v, j) => {
    at[j] = v === 0 ? x[j] : clip(x[j] + v, bounds);
  });
}
