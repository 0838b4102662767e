import { dualOrder, projectRows, softMarginObjective } from '@onnxplain/core';
import { cosine } from '../schedule.js';
import { searchLines } from '../search/line.js';
import type { Slopes } from '../search/oracle.js';
import { allRows, clip, distance, keepBest, type SearchRows } from '../search/rows.js';
import type { Search } from '../search/search-sets.js';
import { normOfRow, stepFrom } from './steps.js';

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
    const { count, size, shape, origin, bounds, free, norm } = rows;
    const points = { data: rows.start.slice(), owners: allRows(count) };
    const steps64 = { shape: [count, ...shape], data: new Float64Array(count * size) };
    const radii = new Float64Array(count);
    const [low, high] = bounds;
    const centre = { shape: [count, ...shape], data: origin.map((v) => clip(v, bounds)) };
    for (let k = 0; k < steps; k++) {
      const slopes = await oracle.slopes(
        points,
        softMarginObjective(2 * k < steps ? 2 * temperature : temperature),
      );
      keepBest(rows, best, { points, margins: slopes.margins, slack: oracle.slack });
      adaptRadii({ rows, slopes, points, best, radii }, cosine(k, steps, CHANGES));
      stepFrom(
        { rows, points: points.data, gradients: slopes.gradients, into: steps64.data },
        cosine(k, steps, [first, first / 100]),
      );
      projectRows(steps64, { norm, radii, free }, { origin: centre, bounds });
      for (let i = 0; i < steps64.data.length; i++) {
        if (free[i] !== 0) points.data[i] = Math.min(high, Math.max(low, origin[i] + steps64.data[i]));
      }
    }
    keepBest(rows, best, { points, margins: await oracle.margins(points), slack: oracle.slack });
    await searchLines({ rows, oracle, best, tolerance: 4e-4 }, points.data);
  };

interface Radii {
  readonly rows: SearchRows;
  readonly slopes: Slopes;
  readonly points: Parameters<typeof keepBest>[2]['points'];
  readonly best: Parameters<Search>[2];
  readonly radii: Float64Array;
}

/**
 * Makes the radius of a row smaller than that of its best point where its margin is below 0, and larger where it is not. Until a first
 * point is found, the radius is where the linear margin is 0.
 */
function adaptRadii({ rows, slopes, points, best, radii }: Radii, change: number): void {
  const { count, size, norm } = rows;
  for (let row = 0; row < count; row++) {
    const isFound = best.norms[row] < Number.POSITIVE_INFINITY;
    if (slopes.margins[row] < 0 && isFound) radii[row] = Math.min(radii[row], best.norms[row]) * (1 - change);
    else if (isFound) radii[row] = Math.min(radii[row] * (1 + change), best.norms[row]);
    else {
      const slope = normOfRow(slopes.gradients, { row, size }, dualOrder(norm));
      const length = distance(rows, row, { data: points.data, at: row });
      radii[row] = slope > 0 ? length + Math.abs(slopes.margins[row]) / slope : length;
    }
  }
}
