import type { Tensor } from '../tensor/tensor.js';
import type { Cost, Score } from './score.js';

/** What is known of a score before it is evaluated. */
export type ScorePlace = Pick<Score, 'shape' | 'layout'>;

/** How many rows of a score will be evaluated, and what is kept in memory, as options and the input tell before anything runs. */
export interface PlannedCost extends Cost {
  /** Whether the numbers of rows are upper bounds, because a search may end early. Default: they are exact. */
  readonly atMost?: boolean;
  /** What stays in memory beside one batch of inputs. Absent: nothing that grows with the number of rows. */
  readonly kept?: KeptRows;
}

/** Rows that are kept until a result is computed from all of them. */
export interface KeptRows {
  /** The option that says how many rows there are. */
  readonly option: string;
  readonly rows: number;
  /** Bytes for each row. */
  readonly rowBytes: number;
  /** Bytes that do not depend on the number of rows, such as those of a linear system; default 0. */
  readonly otherBytes?: number;
}

/** Returns the cost of explaining x. Undefined where it is not known before the explanation is there. */
export type CostOfExplaining = (f: ScorePlace, x: Tensor) => PlannedCost | undefined;
