import { fold, key, OnnxplainError, sizeOf, stream, type Tensor, tensor } from '@onnxplain/core';
import type { ModelFunction } from '../function/model-function.js';
import { outputRowShape } from '../function/output-sizes.js';
import { outputQueue } from '../function/queues.js';
import type { Model } from '../model/model.js';

/** Statistics of the numbers that an output gave. */
export interface ObservedNumbers {
  /** Number of rows whose numbers were all finite. */
  readonly rows: number;
  readonly low: number;
  readonly high: number;
  /** Least and greatest sum of a row. */
  readonly sums: readonly [low: number, high: number];
  /** Least and greatest sum of the exponentials of a row. */
  readonly exponentials: readonly [low: number, high: number];
}

/** A function, and one row of the shape of its input. */
export interface Trial {
  readonly fn: ModelFunction;
  readonly row: Tensor;
}

const NO_ROWS: ObservedNumbers = {
  rows: 0,
  low: Number.POSITIVE_INFINITY,
  high: Number.NEGATIVE_INFINITY,
  sums: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  exponentials: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
};

/** Random rows are standard normals times these scales. Numbers that look like probabilities near 0 must do so far from 0 as well. */
const SCALES = [1, 10, 100];
const ROWS_PER_SCALE = 4;

/**
 * Runs a model on the given rows and on random ones until `enough` holds for the numbers so far. The first row is run alone, so that one
 * row usually suffices. Random rows that the model cannot run are left out.
 */
export async function observeOutput(
  model: Model,
  { fn, given }: { fn: ModelFunction; given: readonly Trial[] },
  enough: (seen: ObservedNumbers) => boolean,
): Promise<ObservedNumbers> {
  const run = async ({ fn, row }: Trial) => {
    const rows = tensor(row.data, [1, ...row.shape]);
    const classes = sizeOf(await outputRowShape(model, fn, rows));
    const queue = outputQueue(model, fn, { classes, memory: model.memory });
    return numbersOf(await queue.submit({ rows }));
  };
  const [first, ...rest] = given;
  const random = randomRows(fn).map((row) => ({ fn, row }));
  const stages: readonly (() => Promise<readonly ObservedNumbers[]>)[] = [
    async () => (first === undefined ? [] : [await run(first)]),
    () => Promise.all(rest.map(run)),
    () => Promise.all(random.slice(0, 1).map((trial) => run(trial).catch(noRowsOnFailure))),
    () => Promise.all(random.slice(1).map((trial) => run(trial).catch(noRowsOnFailure))),
  ];
  let seen = NO_ROWS;
  for (const stage of stages) {
    seen = [seen, ...(await stage())].reduce(mergeObserved);
    if (seen.rows > 0 && enough(seen)) return seen;
  }
  return seen;
}

function noRowsOnFailure(error: unknown): ObservedNumbers {
  if (error instanceof OnnxplainError && error.code === 'run-failed') return NO_ROWS;
  throw error;
}

function randomRows({ input: { shape, dtype } }: ModelFunction): readonly Tensor[] {
  return SCALES.flatMap((scale, s) =>
    Array.from({ length: ROWS_PER_SCALE }, (_, i) => {
      const normals = new Float64Array(sizeOf(shape));
      stream(fold(fold(key(0), s), i)).fillNormal(normals);
      const data = normals.map((value) => scale * value);
      return tensor(dtype === 'float64' ? data : Float32Array.from(data), shape);
    }),
  );
}

function numbersOf(row: ArrayLike<number>): ObservedNumbers {
  const numbers = Array.from(row);
  if (numbers.length === 0 || !numbers.every(Number.isFinite)) return NO_ROWS;
  const least = numbers.reduce((a, b) => Math.min(a, b));
  const greatest = numbers.reduce((a, b) => Math.max(a, b));
  const sum = numbers.reduce((a, b) => a + b, 0);
  const exponentials = numbers.reduce((a, b) => a + Math.exp(b), 0);
  return {
    rows: 1,
    low: least,
    high: greatest,
    sums: [sum, sum],
    exponentials: [exponentials, exponentials],
  };
}

function mergeObserved(a: ObservedNumbers, b: ObservedNumbers): ObservedNumbers {
  const hull = (x: readonly [number, number], y: readonly [number, number]) =>
    [Math.min(x[0], y[0]), Math.max(x[1], y[1])] as const;
  const [low, high] = hull([a.low, a.high], [b.low, b.high]);
  return {
    rows: a.rows + b.rows,
    low,
    high,
    sums: hull(a.sums, b.sums),
    exponentials: hull(a.exponentials, b.exponentials),
  };
}
