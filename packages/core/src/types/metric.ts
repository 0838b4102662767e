import type { Key } from '../random/key.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Attribution, Explainer, ModelNeed } from './attribution.js';
import type { Estimate } from './estimate.js';
import type { PlannedCost, ScorePlace } from './planned-cost.js';
import type { Score } from './score.js';

/** What a metric measures: an attribution of f at x, and the explainer for metrics that explain other inputs near x. */
export interface Subject {
  readonly f: Score;
  readonly x: Tensor;
  readonly attribution: Attribution;
  readonly explain?: Explainer;
}

/** A number as a function of another one, such as f against the percentage of features that were removed. */
export interface Curve {
  /** What the horizontal axis counts, with its unit. */
  readonly xLabel: string;
  readonly x: readonly number[];
  /** What the vertical axis counts, with its unit. */
  readonly yLabel: string;
  /** One for each of `x`. */
  readonly y: readonly number[];
  /** Standard errors of `y`, when the curve is a mean of draws. */
  readonly stderr?: readonly number[];
  /** Where a search for `y` found nothing, so that it is only the greatest number that counts. Absent: nowhere. */
  readonly censored?: readonly boolean[];
}

/** What a metric returns for one attribution. Plain data: it can be cloned to another thread and written as JSON. */
export interface Measured {
  readonly estimate: Estimate;
  /** The curve that the estimate summarises, for metrics that are areas or slopes of one. */
  readonly curve?: Curve;
  /** Further numbers and words by name, e.g. how often an attack succeeded; the metric's docstring lists them. */
  readonly details?: Readonly<Record<string, number | string | boolean>>;
}

/** Several attributions of one input, measured on the same draws. Plain data. */
export interface Comparison {
  /** One for each subject, in order; equal to what `measure` gives with the same key. */
  readonly measured: readonly Measured[];
  /** `differences[i][j]`: (value of subject i) - (value of subject j), with the standard error of the paired difference. */
  readonly differences: readonly (readonly Estimate[])[];
}

/**
 * Which attributions a metric's numbers can be compared between. 'same-kind': the number has the units of the attribution, which differ
 * between local and global ones. Such a metric refuses rankings, which have no units. 'any': its units do not depend on the attribution.
 */
export type Comparable = 'any' | 'same-kind';

/** Measures how good an attribution is, by one definition. */
export interface Metric {
  readonly name: string;
  /** Canonical expression. */
  readonly expression: string;
  readonly better: 'lower' | 'higher';
  readonly units: string;
  readonly source: string;
  /** Every choice that the number depends on, by name. It goes into the record and the report. */
  readonly definition: Readonly<Record<string, string>>;
  /** Default 'any'. */
  readonly comparable?: Comparable;
  /** The least value that the definition allows, e.g. 0 for a mean of squares. Intervals do not go below it. Default: unbounded. */
  readonly least?: number;
  /** The greatest value that it allows, e.g. 1 for a correlation. Intervals do not go above it. Default: unbounded. */
  readonly most?: number;
  /** See `Explainer`. */
  readonly needs?: readonly ModelNeed[];
  /**
   * What it will cost to measure the explanations of x by these explainers, together where the metric compares. Absent, and undefined: it
   * is not known before.
   */
  plannedCost?(f: ScorePlace, x: Tensor, explainers: readonly Explainer[]): PlannedCost | undefined;
  /**
   * Deterministic in (subject, key). Throws `tensor-shape` when x or the attribution does not have the shape of f's input, and
   * `not-applicable` where the definition does not fit the attribution or the subject lacks what it needs.
   */
  measure(subject: Subject, key: Key): Promise<Measured>;
  /** Measures several attributions on the same draws, in one pass over f instead of one for each. The subjects must share f and x. */
  compare?(subjects: readonly Subject[], key: Key): Promise<Comparison>;
}
