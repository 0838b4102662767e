import { betterThan, type Claim, type ExpressionByReading, type TableRow } from '../table.js';

/** An explainer with its smoothed form, which is called NAME-SG. */
export interface Smoothed {
  readonly name: string;
  readonly explainer: ExpressionByReading;
  readonly smooth: ExpressionByReading;
}

/** The rows of explainers and their smoothed forms. */
export const smoothedRows = (all: readonly Smoothed[]): readonly TableRow[] =>
  all.flatMap(({ name, explainer, smooth }) => [
    { name, explainer },
    { name: `${name}-SG`, explainer: smooth },
  ]);

/** The claims that smoothing makes each explainer better in each column. */
export const smoothingClaims = (all: readonly Smoothed[], columns: readonly string[]): readonly Claim[] =>
  all.flatMap(({ name }) => betterThan(`${name}-SG`, [name], columns));
