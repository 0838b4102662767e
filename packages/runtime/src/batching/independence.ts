import { fold, isLazyRows, key, type Shape, sizeOf, stream, type Tensor } from '@onnxplain/core';
import { allClose } from '../rows/same-numbers.js';
import { joinRows, takeRows } from '../session/value.js';
import type { QueueOptions } from './queue.js';
import { countRows, type Segment } from './segment.js';

type Run = QueueOptions['run'];

/** Whether rows of a function were found to depend on each other. All runs of the function share this object. */
export interface Independence {
  /** Whether rows depend on each other, so that each must run by itself. */
  dependent: boolean;
}

/** Numbers of a row that are of one kind, such as its gradient. */
export interface RowPart {
  readonly width: number;
  /** Largest difference that passes for rounding, relative to the largest number of the part. */
  readonly tolerance: number;
}

export interface IndependenceOptions {
  /** Shape of one row. */
  readonly shape: Shape;
  /** The numbers that the run gives for each row, which are compared part by part. */
  readonly parts: readonly RowPart[];
  /** Largest number of rows of one run; undefined: any number. */
  readonly perRun: number | undefined;
  readonly independence: Independence;
  /** Called when rows turn out to depend on each other. */
  onDependent(): void;
}

/**
 * Returns runs in which no row changes the results of another. Before the first run of several rows, one row runs alone and among others.
 * Where the results differ, every row runs by itself from then on. A model that gives other numbers at every run is not changed.
 */
export function independentRuns(run: Run, options: IndependenceOptions): Run {
  const { independence } = options;
  const width = widthOf(options);
  let checked = false;
  return async (segments) => {
    if (countRows(segments) < 2) return run(segments);
    if (!checked && !independence.dependent) {
      const independent = await rowsAreIndependent(run, segments, options);
      // Where no trial ran, the next run of several rows tries again.
      checked = independent !== undefined;
      if (independent === false) {
        independence.dependent = true;
        options.onDependent();
      }
    }
    return independence.dependent ? oneByOne(run, segments, width) : run(segments);
  };
}

/**
 * Compares a row that runs alone with the same row among others. Returns undefined where the trial rows do not run: the runs themselves
 * give the error then.
 */
async function rowsAreIndependent(
  run: Run,
  segments: readonly Segment[],
  options: IndependenceOptions,
): Promise<boolean | undefined> {
  const { shape, parts } = options;
  const width = widthOf(options);
  const trials = trialRows(segments, options);
  const [{ parameters, from }] = segments;
  const first = parameters?.map((parameter) => takeRows(parameter, from, from + 1));
  const part = (rows: readonly Tensor['data'][]): Segment => ({
    rows: stackRows(rows, shape),
    parameters: first?.map((parameter) => joinRows(rows.map(() => parameter))),
    from: 0,
    to: rows.length,
  });
  for (const rows of trials) {
    try {
      const among = await run([part(rows)]);
      const alone = await run([part([rows[CHECKED_ROW]])]);
      const got = among.data.subarray(CHECKED_ROW * width, (CHECKED_ROW + 1) * width);
      if (closeByParts(got, alone.data.slice(0, width), parts)) return true;
      // A model that draws random numbers gives other results at every run.
      const again = await run([part([rows[CHECKED_ROW]])]);
      return !closeByParts(again.data, alone.data.slice(0, width), parts);
    } catch {
      // The model may refuse these numbers, such as an index outside a table. The next trial uses other ones.
    }
  }
  return undefined;
}

const widthOf = ({ parts }: IndependenceOptions): number => parts.reduce((sum, { width }) => sum + width, 0);

function closeByParts(got: Tensor['data'], expected: Tensor['data'], parts: readonly RowPart[]): boolean {
  let end = 0;
  return parts.every(({ width, tolerance }) => {
    const from = end;
    end += width;
    return allClose(got.subarray(from, end), expected.subarray(from, end), tolerance);
  });
}

/** Index of the compared row. It is neither first nor last, and reversing the order moves it. */
const CHECKED_ROW = 1;
const ROWS = 4;

/**
 * Puts the first row among rows with much larger numbers. For models that do not take such numbers, a second trial uses rows of the
 * run.
 */
function trialRows(
  segments: readonly Segment[],
  { shape, perRun = ROWS }: IndependenceOptions,
): readonly (readonly Tensor['data'][])[] {
  const rows = segments.flatMap((segment) => [
    rowOf(segment, segment.from, shape),
    rowOf(segment, segment.to - 1, shape),
  ]);
  const [first] = rows;
  const other = rows.findLast((row) => row.some((value, i) => value !== first[i])) ?? first;
  const firstRows = (trial: readonly Tensor['data'][]) => trial.slice(0, Math.min(ROWS, perRun));
  return [
    firstRows([distantRow(first, 0), first, other, distantRow(first, 1)]),
    firstRows([other, first, other, other]),
  ];
}

function rowOf({ rows }: Segment, i: number, shape: Shape): Tensor['data'] {
  const size = sizeOf(shape);
  if (isLazyRows(rows)) {
    const row = rows.type === 'float32' ? new Float32Array(size) : new Float64Array(size);
    rows.writeRows(row, i, i + 1);
    return row;
  }
  return rows.data.subarray(i * size, (i + 1) * size);
}

/** Returns normals scaled by three times the largest number of the row. */
function distantRow(row: Tensor['data'], i: number): Tensor['data'] {
  let most = 0;
  for (const value of row) most = Math.max(most, Math.abs(value));
  const normals = new Float64Array(row.length);
  stream(fold(key(0), i)).fillNormal(normals);
  return row.map((_, at) => normals[at] * 3 * (most > 0 && Number.isFinite(most) ? most : 1));
}

function stackRows(rows: readonly Tensor['data'][], shape: Shape): Tensor {
  const size = sizeOf(shape);
  const data =
    rows[0] instanceof Float64Array
      ? new Float64Array(rows.length * size)
      : new Float32Array(rows.length * size);
  for (const [i, row] of rows.entries()) data.set(row, i * size);
  return { shape: [rows.length, ...shape], data };
}

/** Runs every row by itself. */
async function oneByOne(run: Run, segments: readonly Segment[], width: number): ReturnType<Run> {
  const n = countRows(segments);
  let data: Tensor['data'] | undefined;
  let seconds = 0;
  let at = 0;
  for (const { rows, parameters, from, to } of segments) {
    for (let i = from; i < to; i++, at++) {
      const one = await run([{ rows, parameters, from: i, to: i + 1 }]);
      data ??= one.data instanceof Float64Array ? new Float64Array(n * width) : new Float32Array(n * width);
      data.set(one.data, at * width);
      seconds += one.seconds;
    }
  }
  return { data: data ?? new Float32Array(0), seconds };
}
