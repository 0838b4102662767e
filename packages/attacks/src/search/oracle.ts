import {
  type Batch,
  type ClassScores,
  marginsOf,
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
  /** Its gradient at each point, [points, size]. Do not change it; the next call may use the array again. */
  readonly gradients: Floats;
}

/** All that a search sees of the model. It counts what it evaluates. */
export interface Oracle {
  /** How far below 0 the margin of each row must be, so that rounding cannot change its sign. */
  readonly slack: Float64Array;
  /** The class scores, where the score has them. Without them the objective is always the margin. */
  readonly classes: ClassScores | undefined;
  margins(points: Points): Promise<Float64Array>;
  /** Gradients that are finite at all free elements. Those of anchored elements have no meaning. */
  slopes(points: Points, objective: Objective): Promise<Slopes>;
  /** Gradients at all elements, as the score gives them. */
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
    if (classes !== undefined) {
      const { length } = batch.data;
      if (work.length < length) work = floatsLike(batch.data, Math.max(length, rows.origin.length));
      const into = { shape: batch.shape, data: work.subarray(0, length) };
      return byClasses({ classes, batch, objective, into });
    }
    const margins = proving(await margin.value(batch));
    return { margins, values: margins, gradients: (await margin.gradient(batch)).data };
  };
  return {
    slack,
    classes,
    async margins(points) {
      if (points.owners.length === 0) return NONE;
      count(best.forward, points);
      return proving(await margin.value(batchOf(rows, points)));
    },
    fullSlopes,
    forRows: (searched, others) => oracleOf({ margin, classes, slack: others }, searched),
    async slopes(points, objective) {
      const slopes = await fullSlopes(points, objective);
      return { ...slopes, gradients: checkFree({ rows, best }, points.owners, slopes.gradients) };
    },
  };
}

const NONE = new Float64Array(0);

/** Replaces -Infinity, the margin where the number of another class is too large for its type, by NaN: it proves nothing. */
const proving = (margins: Float64Array): Float64Array =>
  margins.map((value) => (value === Number.NEGATIVE_INFINITY ? Number.NaN : value));

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
  readonly into: Tensor;
}

async function byClasses({ classes, batch, objective, into }: ByClasses): Promise<Slopes> {
  const { target, targeted = false } = classes;
  const numbers = await classes.values(batch);
  const { values, weights } = (targeted ? targetedObjective(objective) : objective)(numbers, target);
  const { gradient } = await classes.gradient(batch, weights, into);
  return { margins: proving(marginsOf(numbers, classes)), values, gradients: gradient.data };
}

/**
 * Counts gradients that are 0 at all free elements. Free elements that are not finite become 0, in a copy: the array belongs to the score.
 */
function checkFree({ rows: { size, elements }, best }: Searched, owners: Int32Array, given: Floats): Floats {
  let gradients = given;
  for (let at = 0; at < owners.length; at++) {
    const last = elements.first[owners[at] + 1];
    let isZero = true;
    for (let k = elements.first[owners[at]]; k < last; k++) {
      const i = at * size + elements.at[k];
      const value = gradients[i];
      if (value - value !== 0) {
        if (gradients === given) gradients = given.slice();
        gradients[i] = 0;
      } else if (value !== 0) isZero = false;
    }
    if (isZero) best.zeroGradients[owners[at]]++;
  }
  return gradients;
}
