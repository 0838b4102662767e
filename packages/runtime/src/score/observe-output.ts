import { fold, key, OnnxplainError, sizeOf, stream, type Tensor, tensor } from '@onnxplain/core';
import type { Model } from '../model/model.js';
import { outputRowShape } from '../question/output-sizes.js';
import type { Question } from '../question/question.js';
import { outputQueue } from '../question/queues.js';

/** What an output gave. */
export interface Seen {
  /** Rows of which all numbers were finite. */
  readonly rows: number;
  readonly low: number;
  readonly high: number;
  /** Least and greatest sum of a row. */
  readonly sums: readonly [low: number, high: number];
  /** Least and greatest sum of the exponentials of a row. */
  readonly exponentials: readonly [low: number, high: number];
}

/** A question with one of its rows, of the input's shape. */
export interface Trial {
  readonly question: Question;
  readonly row: Tensor;
}

const NOTHING: Seen = {
  rows: 0,
  low: Number.POSITIVE_INFINITY,
  high: Number.NEGATIVE_INFINITY,
  sums: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  exponentials: [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
};

/** Random rows are standard normals times these: what looks like a probability near 0 must be one far from it too. */
const SCALES = [1, 10, 100];
const ROWS_PER_SCALE = 4;

/**
 * Runs a model on the rows that are given and on random ones, until `enough` says that what was seen settles the matter: the
 * first row alone, so that as a rule one
 * row is run. Random rows that the model cannot run are left out.
 */
export async function observeOutput(
  model: Model,
  { question, given }: { question: Question; given: readonly Trial[] },
  enough: (seen: Seen) => boolean,
): Promise<Seen> {
  const run = async ({ question, row }: Trial) => {
    const rows = tensor(row.data, [1, ...row.shape]);
    const classes = sizeOf(await outputRowShape(model, question, rows));
    const queue = outputQueue(model, question, { classes, memory: model.memory });
    return seenIn(await queue.submit({ rows }));
  };
  const [first, ...rest] = given;
  const random = randomRows(question).map((row) => ({ question, row }));
  const stages: readonly (() => Promise<readonly Seen[]>)[] = [
    async () => (first === undefined ? [] : [await run(first)]),
    () => Promise.all(rest.map(run)),
    () => Promise.all(random.slice(0, 1).map((trial) => run(trial).catch(nothingIfItFails))),
    () => Promise.all(random.slice(1).map((trial) => run(trial).catch(nothingIfItFails))),
  ];
  let seen = NOTHING;
  for (const stage of stages) {
    seen = [seen, ...(await stage())].reduce(together);
    if (seen.rows > 0 && enough(seen)) return seen;
  }
  return seen;
}

function nothingIfItFails(error: unknown): Seen {
  if (error instanceof OnnxplainError && error.code === 'run-failed') return NOTHING;
  throw error;
}

function randomRows({ input: { shape, dtype } }: Question): readonly Tensor[] {
  return SCALES.flatMap((scale, s) =>
    Array.from({ length: ROWS_PER_SCALE }, (_, i) => {
      const normals = new Float64Array(sizeOf(shape));
      stream(fold(fold(key(0), s), i)).fillNormal(normals);
      const data = normals.map((value) => scale * value);
      return tensor(dtype === 'float64' ? data : Float32Array.from(data), shape);
    }),
  );
}

function seenIn(row: ArrayLike<number>): Seen {
  const numbers = Array.from(row);
  if (numbers.length === 0 || !numbers.every(Number.isFinite)) return NOTHING;
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

function together(a: Seen, b: Seen): Seen {
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
