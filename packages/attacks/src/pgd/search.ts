import {
  crossEntropyObjective,
  logitObjective,
  marginObjective,
  type Objective,
  softMarginObjective,
} from '@onnxplain/core';
import { addChecks } from '../search/rows.js';
import type { Search } from '../search/search-sets.js';
import { type DescentSettings, descend } from './descent.js';

export interface PgdSettings extends Omit<DescentSettings, 'objective'> {
  readonly radius: number;
  readonly tolerance: number;
  readonly objective: 'logit' | 'margin' | 'soft-margin' | 'cross-entropy';
}

const objectives: Readonly<Record<PgdSettings['objective'], Objective>> = {
  logit: logitObjective,
  margin: marginObjective,
  'soft-margin': softMarginObjective(),
  'cross-entropy': crossEntropyObjective,
};

const FACTOR = 10;
const CALLS = 25;
/** Radii at which the search of a row ends. */
const LARGEST = 1e3;
const SMALLEST = 1e-8;

/** What is known of the radius of one row. */
interface Interval {
  /** The greatest radius at which nothing was found; 0 where none is known. */
  lower: number;
  /** The smallest radius at which something was found; Infinity where none is known. */
  upper: number;
}

/** The next radius: ten times as large, a tenth, or the middle; undefined where the search has ended. */
export function nextRadius({ lower, upper }: Interval, tolerance: number): number | undefined {
  if (upper === Number.POSITIVE_INFINITY) return FACTOR * lower < LARGEST ? FACTOR * lower : undefined;
  if (upper - lower <= tolerance || upper <= SMALLEST) return undefined;
  return lower === 0 ? upper / FACTOR : (lower + upper) / 2;
}

/** The search of `pgd`: descents of all rows whose interval is still wide, each at the radius of its own. */
export const pgdSearch =
  ({ radius, tolerance, ...settings }: PgdSettings): Search =>
  async (rows, oracle, best) => {
    const descent = { ...settings, objective: objectives[settings.objective] };
    const first = new Float64Array(rows.count).fill(Number.POSITIVE_INFINITY);
    const intervals = Array.from(
      { length: rows.count },
      (): Interval => ({ lower: 0, upper: Number.POSITIVE_INFINITY }),
    );
    const radii = new Float64Array(rows.count).fill(radius);
    let open = intervals.map((_, row) => row);
    for (let call = 0; call < CALLS && open.length > 0; call++) {
      const isFound = await descend(
        { rows, oracle, best, radii, first, call },
        Int32Array.from(open),
        descent,
      );
      open = open.filter((row) => {
        const interval = intervals[row];
        const nearest = settings.judge === 'every' ? best.norms[row] : Number.POSITIVE_INFINITY;
        if (isFound[row]) interval.upper = Math.min(interval.upper, radii[row], nearest);
        else interval.lower = radii[row];
        const next = nextRadius(interval, tolerance);
        radii[row] = next ?? radii[row];
        return next !== undefined;
      });
    }
    for (const [row, { upper }] of intervals.entries()) {
      if (upper === Number.POSITIVE_INFINITY) continue;
      const gain = settings.restarts > 1 && { restartGain: 1 - best.norms[row] / first[row] };
      addChecks(best, row, { radius: upper, ...gain });
    }
  };
