import {
  counted,
  denseRows,
  type Findings,
  fail,
  fitter,
  type Products,
  pseudoInverse,
  tensor,
} from '@onnxplain/core';
import { standardErrors } from '../regression-errors.js';
import type { Preset } from './options.js';
import { openOf, type Subsets } from './subsets.js';

/** Rows of the system that are dense numbers at a time. */
const ROWS = 1024;

/** Subsets of the features that are not chosen. */
export interface SubsetRows {
  readonly preset: Preset;
  readonly chosen: Uint8Array;
  readonly subsets: Subsets;
}

/** Subsets with the importance of each. */
export interface SubsetProblem extends SubsetRows {
  readonly importances: Float64Array;
}

/** The coefficient of each feature, 0 for the chosen ones. */
export interface SubsetFindings extends Pick<Findings, 'residual' | 'diagnosis'> {
  readonly values: Float64Array;
  /** Absent where all subsets were taken. */
  readonly stderr?: Float64Array;
}

/**
 * Least squares of importances on subsets ([H21] Eq. 6): the coefficients of the features that are not chosen. With 'paper' there is an
 * intercept; over all subsets the coefficients are then the Banzhaf values. With 'paper-code' each chosen feature has a column of
 * ones instead, so that the first step has no intercept.
 */
export async function subsetRegression(problem: SubsetProblem, products: Products): Promise<SubsetFindings> {
  const { chosen, subsets, importances } = problem;
  const open = openOf(chosen);
  const columns = columnsOf(problem, open);
  const blocks = [];
  for (let from = 0; from < subsets.count; from += ROWS)
    blocks.push({ rows: columns.rows(from, Math.min(subsets.count, from + ROWS)) });
  const system = await fitter({ blocks }, pseudoInverse(), products);
  const { values, residual, diagnosis } = system.fit(importances);
  const fitted = concatenated(blocks.map(({ rows }) => rows.times(tensor(values, [columns.width]))));
  const misses = importances.map((each, i) => each - fitted[i]);
  const { group } = subsets;
  const stderr = group > 0 && standardErrors({ system, misses, group, fitted: columns.width });
  return {
    values: scattered(values, chosen),
    ...(stderr && { stderr: scattered(stderr, chosen) }),
    residual,
    diagnosis,
  };
}

/** Throws `option-value` for too few subsets for the regression and its standard errors. */
export function expectEnoughSubsets(where: string, rows: SubsetRows): void {
  const open = openOf(rows.chosen);
  const { group, count } = rows.subsets;
  const least = group * (columnsOf(rows, open).width + 2);
  if (count >= least) return;
  fail({
    code: 'option-value',
    where: `${where}: subsets`,
    expected: `at least ${counted(least, 'subset')} for ${counted(open.length, 'feature')}`,
    got: `${count}`,
    remedy: 'Take more subsets, or larger features, e.g. features=4.',
  });
}

/** The matrix of the system: a column for each open feature, and at most one constant column. */
function columnsOf({ preset, chosen, subsets }: SubsetRows, open: readonly number[]) {
  const d = chosen.length;
  // k equal columns and one of sqrt(k) times their numbers have the same solution of least norm for all other columns.
  const constant = preset === 'paper' ? 1 : Math.sqrt(d - open.length);
  const width = open.length + (constant > 0 ? 1 : 0);
  const rows = (from: number, to: number) => {
    const data = new Float64Array((to - from) * width).fill(constant);
    for (let i = from; i < to; i++)
      for (let j = 0; j < open.length; j++) data[(i - from) * width + j] = subsets.members[i * d + open[j]];
    return denseRows(tensor(data, [to - from, width]));
  };
  return { width, rows };
}

/** Numbers of the open features at their places among all features; the constant column, which is last, has none. */
function scattered(numbers: Float64Array, chosen: Uint8Array): Float64Array {
  const out = new Float64Array(chosen.length);
  openOf(chosen).forEach((feature, j) => {
    out[feature] = numbers[j];
  });
  return out;
}

function concatenated(parts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
