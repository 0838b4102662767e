import { dualOrder, exponentOf, softMarginObjective } from '@onnxplain/core';
import { cosine } from '../schedule.js';
import { searchLines } from '../search/line.js';
import type { Slopes } from '../search/oracle.js';
import { allRows, keepBest, type SearchRows } from '../search/rows.js';
import type { Search } from '../search/search-sets.js';
import { slopeOf, stepFactor, stepIntoBall, stepWorkOf } from './steps.js';

export interface FmnSettings {
  readonly steps: number;
  readonly first: number;
  readonly temperature: number;
}

/** Relative change of a radius in the first and in the last step. */
const CHANGES = [0.05, 0.001] as const;

/** The search of `fmn`. */
export const fmnSearch =
  ({ steps, first, temperature }: FmnSettings): Search =>
  async (rows, oracle, best) => {
    const { count } = rows;
    const points = { data: rows.start.slice(), owners: allRows(count) };
    const work = stepWorkOf(rows);
    const radii = new Float64Array(count);
    const p = exponentOf(rows.norm);
    for (let k = 0; k < steps; k++) {
      const slopes = await oracle.slopes(
        points,
        softMarginObjective(2 * k < steps ? 2 * temperature : temperature),
      );
      const { margins, gradients } = slopes;
      const norms = keepBest(rows, best, { points, margins, slack: oracle.slack });
      const stepped = { rows, points: points.data, gradients, work };
      const length = cosine(k, steps, [first, first / 100]);
      const change = cosine(k, steps, CHANGES);
      for (let row = 0; row < count; row++) {
        radii[row] = radiusAfter({ rows, slopes, norms, best, radii }, row, change);
        const factor = stepFactor(stepped, row, length);
        stepIntoBall(stepped, row, { factor, p, radius: radii[row] });
      }
    }
    keepBest(rows, best, { points, margins: await oracle.margins(points), slack: oracle.slack });
    await searchLines({ rows, oracle, best, tolerance: 4e-4 }, points.data);
  };

interface Radii {
  readonly rows: SearchRows;
  readonly slopes: Slopes;
  /** The norms of the points. */
  readonly norms: Float64Array;
  readonly best: Parameters<Search>[2];
  readonly radii: Float64Array;
}

/**
 * The radius of a row is made smaller than that of its best point where its margin is below 0, and larger where it is not. Until a first
 * point is found, the radius is where the linear margin is 0; a point at which the margin is not a number goes half of the way back.
 */
function radiusAfter({ rows, slopes, norms, best, radii }: Radii, row: number, change: number): number {
  const isFound = best.norms[row] < Number.POSITIVE_INFINITY;
  if (slopes.margins[row] < 0 && isFound) return Math.min(radii[row], best.norms[row]) * (1 - change);
  if (isFound) return Math.min(radii[row] * (1 + change), best.norms[row]);
  if (Number.isNaN(slopes.margins[row])) return norms[row] / 2;
  const slope = slopeOf({ rows, gradients: slopes.gradients }, row, dualOrder(rows.norm));
  return slope > 0 ? norms[row] + Math.abs(slopes.margins[row]) / slope : norms[row];
}
