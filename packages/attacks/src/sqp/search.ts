import { marginObjective, softMarginObjective } from '@onnxplain/core';
import { searchLines } from '../search/line.js';
import type { Slopes } from '../search/oracle.js';
import { allRows, clip, type Floats, keepBest, type SearchRows, takeBest } from '../search/rows.js';
import type { Search } from '../search/search-sets.js';
import { tryAllClasses } from './all-classes.js';
import { tryNearestClass } from './nearest-class.js';
import { projectOrigin, type Work, workOf } from './project.js';

export interface SqpSettings {
  readonly steps: number;
  readonly temperature: number;
}

/** Steps that go the whole way; later ones go less and less far. */
const FULL_STEPS = 3;
const LAST_LENGTH = 0.1;
/** How far below 0 the first step aims, in units of the margin at the input. It falls to 0 at the last step. */
const OVERSHOOT = 0.02;

/** The share of the way to the projection that step k of n goes: 1 for three steps, then falling to 0.1 like a cosine. */
export function lengthOf(k: number, n: number): number {
  if (k < FULL_STEPS) return 1;
  const done = (k - FULL_STEPS + 1) / Math.max(1, n - FULL_STEPS);
  return LAST_LENGTH + ((1 - LAST_LENGTH) * (1 + Math.cos(Math.PI * done))) / 2;
}

/** The search of `sqp`: steps on the soft margin, a line search, one step on the margin from the best point, and another line search. */
export const sqpSearch =
  ({ steps, temperature }: SqpSettings): Search =>
  async (rows, oracle, best) => {
    const points = { data: rows.start.slice(), owners: allRows(rows.count) };
    const work = workOf(rows);
    const moved = { rows, work, points: points.data };
    await tryNearestClass({ rows, oracle, work, best });
    for (let k = 0; k < steps - 1; k++) {
      const objective = softMarginObjective(2 * k < steps ? 2 * temperature : temperature);
      const slopes = await oracle.slopes(points, objective);
      keepBest(rows, best, { points, margins: slopes.margins, slack: oracle.slack });
      const overshoot = OVERSHOOT * (1 - k / (steps - 1));
      moveAll(moved, slopes, { length: lengthOf(k, steps), overshoot });
    }
    await searchLines({ rows, oracle, best, tolerance: 2e-3 }, points.data);
    takeBest(points.data, best, rows.size);
    moveAll(moved, await oracle.slopes(points, marginObjective), { length: 1, overshoot: 0 });
    await searchLines({ rows, oracle, best, tolerance: 4e-4 }, points.data);
    await tryAllClasses({ rows, oracle, best });
  };

interface Moved {
  readonly rows: SearchRows;
  readonly work: Work;
  readonly points: Floats;
}

/**
 * Moves each point z of the way to the point nearest to the input x at which margin(z) + g·(point - z) <= -overshoot·margin(x). A point
 * whose gradient is 0 stays.
 */
function moveAll(
  { rows, work, points }: Moved,
  { margins, gradients }: Slopes,
  { length, overshoot }: { readonly length: number; readonly overshoot: number },
): void {
  const { size, origin, bounds } = rows;
  for (let row = 0; row < rows.count; row++) {
    const from = row * size;
    const at = points.subarray(from, from + size);
    const value = margins[row] + overshoot * rows.margins[row];
    const gradient = gradients.subarray(from, from + size);
    if (!projectOrigin({ rows, work }, row, { value, gradient, at })) continue;
    for (let j = 0; j < size; j++) {
      const next = length === 1 ? work.aim[j] : at[j] + length * (work.aim[j] - at[j]);
      at[j] = next === origin[from + j] ? next : clip(next, bounds);
    }
  }
}
