import type {
  Attribution,
  AttributionKind,
  Comparable,
  Cost,
  Curve,
  Estimate,
  Interval,
  Key,
  SolveDiagnosis,
} from '@onnxplain/core';
import type { ColourScale } from './colour.js';

/** Version of the format of `record.json`. It increases when a field changes its meaning or is removed. */
export const RECORD_VERSION = 3;

/** The record of a run: the request, the model, the versions of programs, and every number with its definition. */
export interface RunRecord {
  readonly schema: 'onnxplain-record';
  readonly version: typeof RECORD_VERSION;
  /** ISO 8601, UTC. */
  readonly created: string;
  readonly environment: Environment;
  readonly request: Request;
  readonly model: ModelRecord;
  readonly inputs: readonly InputRecord[];
  readonly explainers: readonly ExplainerRecord[];
  readonly metrics: readonly MetricRecord[];
  /** The notices of the run, one sentence each: assumptions, and reasons why numbers mean little. Absent in older records. */
  readonly notices?: readonly string[];
  /** One for each input and explainer, ordered by input first. */
  readonly attributions: readonly AttributionCell[];
  /** One for each input, explainer and metric, ordered by input first. */
  readonly estimates: readonly EstimateCell[];
  /** One for each explainer and metric. */
  readonly summaries: readonly Summary[];
  readonly timings: Timings;
}

export interface Environment {
  readonly onnxplain: string;
  readonly onnxruntime: string;
  readonly node: string;
  readonly platform: string;
  /** The provider that ran the model. */
  readonly device: string;
  /** Every provider that was tried, with the reason where it could not be used. */
  readonly providers: readonly {
    readonly name: string;
    readonly available: boolean;
    readonly reason?: string;
  }[];
}

export interface Request {
  /** The words of the command line that repeats the run; absent for calls of the library. */
  readonly command?: readonly string[];
  readonly seed: number;
  readonly link: string;
  /** The model output that was explained. */
  readonly output: string;
  /** What the output holds: 'logits', 'probabilities', 'log-probabilities', 'unbounded' (a regression), or 'unknown'. */
  readonly holds?: string;
  /** The input or inner value by which the output was explained. */
  readonly input?: string;
  /** Least and greatest value of an input element; absent: unbounded. */
  readonly bounds?: readonly [low: number, high: number];
  /** How pictures were converted to inputs: size, layout, channels, scale, mean, std; absent where no input was a picture. */
  readonly preprocessing?: Readonly<Record<string, number | string | readonly number[] | undefined>>;
  /** Values of the model's further inputs, by name; absent where it has none. */
  readonly feeds?: Readonly<Record<string, FeedRecord>>;
  /** The plugin files; absent where there were none. */
  readonly plugins?: readonly FileRecord[];
}

/** A file of numbers, or one number for every element. */
export type FeedRecord = FileRecord | { readonly value: number };

export interface FileRecord {
  readonly file: string;
  readonly sha256: string;
}

export interface ModelRecord {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  /** Opset version by domain; 'ai.onnx' is the standard one. */
  readonly opsets: Readonly<Record<string, number>>;
  /** How many nodes of each operator. */
  readonly ops: Readonly<Record<string, number>>;
  readonly parameters: number;
}

export interface InputRecord {
  readonly name: string;
  readonly file?: string;
  readonly sha256?: string;
  /** SHA-256 of the input's shape and numbers and of the feeds that go with it, see `contentHash`: its keys are made of this. */
  readonly content?: string;
  /** Shape of the input, without the batch axis. */
  readonly shape: readonly number[];
  /** The explained class, or element of the flattened output; absent where a sum or maximum along an axis was explained. */
  readonly target?: number;
  /** The index, sum or maximum that was explained along each axis of the output after the batch axis. */
  readonly at?: readonly AxisRecord[];
  /** The file with the weights of the sums. */
  readonly mask?: FileRecord;
  /** The axis of classes, and the node of the graph that determines it. Only for outputs with several axes. */
  readonly classAxis?: { readonly axis: number; readonly told?: string };
  /** 'classes' where the output is a vector of several numbers and not known to be a regression, else 'numbers'; absent: 'classes'. */
  readonly elements?: 'classes' | 'numbers';
  /** Absent for outputs of one number. */
  readonly prediction?: PredictionRecord;
  /** f(x), the explained number: the target's output after the link. */
  readonly score: number;
  readonly targetLabel?: string;
  /** The tokens along the first axis, where the explained value was computed from token ids. */
  readonly tokens?: readonly TokenRecord[];
  /** The files of the model's other inputs that were read for this input, by the name of the input. */
  readonly beside?: Readonly<Record<string, FileRecord>>;
}

export interface TokenRecord {
  readonly id: number;
  /** The text of the token; absent where the model card names no vocabulary with it. */
  readonly text?: string;
}

/** The entry of an index, the sum or the maximum along an axis. */
export type AxisRecord = number | 'sum' | 'max';

/** The largest of the output's numbers. */
export interface PredictionRecord {
  /** Its index in the flattened output. */
  readonly class: number;
  readonly label?: string;
  /** The number in the output of the model. */
  readonly output: number;
  /** Its indices along the output's axes after the batch. */
  readonly at?: readonly number[];
  /** The five largest, where the output's elements are classes. */
  readonly top?: readonly ClassRecord[];
  /** How the probabilities are computed from the output; absent where that is not known. */
  readonly probabilities?: 'softmax' | 'exponential' | 'output';
}

/** One class with its output and its probability. */
export interface ClassRecord {
  readonly class: number;
  readonly label?: string;
  readonly output: number;
  /** Absent where it is not known whether the output holds logits or probabilities. */
  readonly probability?: number;
}

export interface ExplainerRecord {
  readonly expression: string;
  readonly kind: AttributionKind;
  /** Whether it is a control, which ignores the score: it is compared with the others but never best; absent: false. */
  readonly control?: boolean;
}

export interface MetricRecord {
  readonly name: string;
  readonly expression: string;
  readonly better: 'lower' | 'higher';
  readonly units: string;
  readonly source: string;
  readonly definition: Readonly<Record<string, string>>;
  /** Between which explainers the numbers can be compared; absent: 'any'. */
  readonly comparable?: Comparable;
  /** The least and the greatest value that the definition allows; absent: unbounded. */
  readonly least?: number;
  readonly most?: number;
}

/** Why a cell has no number: the method does not apply, or it failed. */
export type Missing =
  | { readonly status: 'not-applicable'; readonly reason: string }
  | { readonly status: 'failed'; readonly code: string; readonly reason: string };

/** The cell of one input and explainer, which are indices into `inputs` and `explainers`. */
export type AttributionCell = {
  readonly input: number;
  readonly explainer: number;
} & (({ readonly status: 'done' } & AttributionRecord) | Missing);

export interface AttributionRecord {
  readonly key: Key;
  readonly cost: Cost;
  readonly residual?: number;
  readonly diagnosis?: SolveDiagnosis;
  /** Further numbers and words that the explainer gives, by name. */
  readonly details?: Attribution['details'];
  /** Sum of the attributions; a number that several elements share counts once. */
  readonly sum: number;
  /** Euclidean norm of the same numbers. */
  readonly norm: number;
  /** How many groups of elements share one number each; absent: every element has its own number. */
  readonly groups?: number;
  /** Paths relative to the record's folder. */
  readonly file?: string;
  readonly picture?: PictureRecord;
  /** The numbers themselves, for inputs that are drawn as a row of bars. */
  readonly series?: Series;
  /**
   * One number for each of the input's tokens: of a global attribution or a ranking the sum over all other axes, of a local one
   * the l2 norm.
   */
  readonly perToken?: readonly number[];
}

export interface PictureRecord {
  readonly file: string;
  readonly scale: ColourScale;
  readonly clip: number;
  readonly percentile: number;
  readonly width: number;
  readonly height: number;
}

export interface Series {
  /** null for missing numbers. */
  readonly inputs: readonly (number | null)[];
  readonly values: readonly number[];
  readonly names?: readonly string[];
}

/** The cell of one input, explainer and metric. */
export type EstimateCell = {
  readonly input: number;
  readonly explainer: number;
  readonly metric: number;
} & (({ readonly status: 'done' } & EstimateRecord) | Missing);

export interface EstimateRecord {
  readonly key: Key;
  readonly estimate: Estimate;
  /** Its 95 % interval, see `interval`, clipped at the least and greatest values of the metric; absent where the estimate has none. */
  readonly interval?: Interval;
  /** The curve that the estimate summarises; absent for metrics without one, and in older records. */
  readonly curve?: Curve;
  /** Further numbers and words of the metric by name; absent where it has none, and in older records. */
  readonly details?: Readonly<Record<string, number | string | boolean>>;
}

/** The result of comparing an explainer with the others of its group. */
export type Standing = 'best' | 'tied' | 'undecided' | 'behind';

/** The mean over all inputs that have a number, and how many these are. */
export interface Mean {
  readonly value: number;
  /** Absent where the spread is not known (one input, and an estimate without standard error). */
  readonly stderr?: number;
  /** Where the standard error comes from: the spread across inputs, or, for one input, across draws. */
  readonly basis: 'inputs' | 'draws';
  readonly n: number;
  /** The side of the bound, where the averaged numbers are bounds. */
  readonly bound?: 'lower' | 'upper';
  /**
   * Where the true mean lies with probability 0.95: by Student's t with n - 1 degrees of freedom over n inputs, or, for one input, the
   * interval of its draws; clipped at the least and greatest values of the metric. Absent for bounds, and where nothing is known of
   * the spread.
   */
  readonly interval?: Interval;
}

/** The summary of one explainer by one metric. */
export interface Summary {
  readonly explainer: number;
  readonly metric: number;
  /** Absent when no input gave a number. */
  readonly mean?: Mean;
  readonly counts: Readonly<Record<'done' | 'not-applicable' | 'failed' | 'invalid' | 'censored', number>>;
  /** Whether its standing is 'best' or 'tied'. */
  readonly best: boolean;
  /**
   * Its place among the explainers whose numbers can be compared and that have numbers for the most inputs; under a metric that compares
   * attributions of the same kind only, each kind has its own. 'best': the best mean, and every paired difference to it, those of
   * controls too, has an interval on the worse side of 0. 'tied': the same on every input as the best mean, the others being behind.
   * 'behind': such a difference. 'undecided': the interval of the difference to the best mean does not lie there or is not known, and
   * the best mean itself where there is such another. A control is behind or undecided. Absent where there is nobody to compare with,
   * and for who is not ranked.
   */
  readonly standing?: Standing;
  /**
   * This explainer minus the one with the best mean, on the inputs where both have numbers; controls are compared too. Absent for the
   * best mean itself and where there is none.
   */
  readonly difference?: Mean & { readonly against: number };
}

export interface Timings {
  /** Wall time of the run in seconds, and of its parts. */
  readonly total: number;
  readonly parts: Readonly<Record<string, number>>;
  /** Seconds of it inside ONNX Runtime. */
  readonly runtime: { readonly seconds: number };
}
