import {
  type Batch,
  type ClassScores,
  type Objective,
  type Score,
  type Tensor,
  targetedObjective,
} from '@onnxplain/core';
import { type Best, type Floats, floatsLike, type Points, type SearchRows } from './rows.js';

/** What an objective is at some points, and a direction in which it rises. */
export interface Slopes {
  readonly margins: Float64Array;
  /** The objective, of which these are the gradients. */
  readonly values: Float64Array;
  /** Its gradient at each point, [points, size]. The array is used again by the next call. */
  readonly gradients: Floats;
}

/** All that a search sees of the model. It counts what it evaluates. */
export interface Oracle {
  /** How far below 0 the margin of each row must be, so that rounding cannot change its sign. */
  readonly slack: Float64Array;
  /** The class scores, where the score has them. Without them the objective is always the margin. */
  readonly classes: ClassScores | undefined;
  margins(points: Points): Promise<Float64Array>;
  /** Gradients that are 0 at anchored elements. */
  slopes(points: Points, objective: Objective): Promise<Slopes>;
  /** Gradients at all elements. */
  fullSlopes(points: Points, objective: Objective): Promise<Slopes>;
  /** The same score for other rows. */
  forRows(searched: Searched, slack: Float64Array): Oracle;
}

/** Evaluates points of rows by a margin score. */
export function oracleOf({ margin, classes, slack }: Asked, { rows, best }: Searched): Oracle {
  let work = floatsLike(rows.origin, 0);
  const fullSlopes = async (points: Points, objective: Objective): Promise<Slopes> => {
    const { owners, data } = points;
    if (owners.length === 0) return { margins: NONE, values: NONE, gradients: data.subarray(0, 0) };
    count(best.forward, points);
    count(best.backward, points);
    const batch = batchOf(rows, points);
    if (classes !== undefined) return byClasses({ classes, batch, objective });
    const margins = await margin.value(batch);
    return { margins, values: margins, gradients: (await margin.gradient(batch)).data };
  };
  return {
    slack,
    classes,
    async margins(points) {
      if (points.owners.length === 0) return NONE;
      count(best.forward, points);
      return margin.value(batchOf(rows, points));
    },
    fullSlopes,
    forRows: (searched, others) => oracleOf({ margin, classes, slack: others }, searched),
    async slopes(points, objective) {
      const slopes = await fullSlopes(points, objective);
      const { length } = slopes.gradients;
      if (work.length < length) work = floatsLike(slopes.gradients, length);
      copyFree({ rows, best }, { points, from: slopes.gradients, into: work });
      return { ...slopes, gradients: work };
    },
  };
}

const NONE = new Float64Array(0);

interface Asked {
  readonly margin: Score;
  readonly classes: ClassScores | undefined;
  readonly slack: Float64Array;
}

/** Rows and what is found for them. */
export interface Searched {
  readonly rows: SearchRows;
  readonly best: Best;
}

function batchOf({ shape, size }: SearchRows, { data, owners }: Points): Batch {
  return { shape: [owners.length, ...shape], data: data.subarray(0, owners.length * size) };
}

function count(counts: Int32Array, { owners }: Points): void {
  for (let at = 0; at < owners.length; at++) counts[owners[at]]++;
}

interface ByClasses {
  readonly classes: ClassScores;
  readonly batch: Batch;
  readonly objective: Objective;
}

async function byClasses({ classes, batch, objective }: ByClasses): Promise<Slopes> {
  const { target, targeted = false } = classes;
  const numbers = await classes.values(batch);
  const { values, weights } = (targeted ? targetedObjective(objective) : objective)(numbers, target);
  const { gradient } = await classes.gradient(batch, weights);
  return { margins: marginsOf(numbers, classes), values, gradients: gradient.data };
}

/** The margin of every row of the numbers of all classes. */
export function marginsOf(
  { shape: [n, count], data }: Tensor,
  { target, targeted = false }: { readonly target: number; readonly targeted?: boolean },
): Float64Array {
  const margins = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let other = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < count; k++) if (k !== target) other = Math.max(other, data[i * count + k]);
    const margin = data[i * count + target] - other;
    margins[i] = targeted ? -margin : margin;
  }
  return margins;
}

/** Copies gradients, with 0 at anchored elements and where they are not finite, and counts those that are 0. */
function copyFree(
  { rows: { size, free }, best }: Searched,
  {
    points: { owners },
    from,
    into,
  }: { readonly points: Points; readonly from: Floats; readonly into: Floats },
): void {
  for (let at = 0; at < owners.length; at++) {
    const [first, marks] = [at * size, owners[at] * size];
    let isZero = true;
    for (let j = 0; j < size; j++) {
      const value = from[first + j];
      const isUsed = free[marks + j] !== 0 && value - value === 0;
      into[first + j] = isUsed ? value : 0;
      if (isUsed && value !== 0) isZero = false;
    }
    if (isZero) best.zeroGradients[owners[at]]++;
  }
}
