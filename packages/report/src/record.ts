import type {
  AttributionKind,
  Comparable,
  Cost,
  Estimate,
  Interval,
  Key,
  SolveDiagnosis,
} from '@onnxplain/core';
import type { ColourScale } from './colour.js';
import type { Standing } from './standing.js';

/** Version of the layout of `record.json`; a number more when a field changes its meaning or goes away. */
export const RECORD_VERSION = 3;

/** Everything a run left behind: what was asked, of what, with which programs, and every number with its definition. */
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
  /** What the program said beside the results, a sentence each: assumptions, and numbers that mean little. Absent in older records. */
  readonly notices?: readonly string[];
  /** One per input and explainer, inputs outermost. */
  readonly attributions: readonly AttributionCell[];
  /** One per input, explainer and metric, inputs outermost. */
  readonly estimates: readonly EstimateCell[];
  /** One per explainer and metric. */
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
  /** Every provider that was looked at; the reason says why one could not be used. */
  readonly providers: readonly {
    readonly name: string;
    readonly available: boolean;
    readonly reason?: string;
  }[];
}

export interface Request {
  /** The command line that repeats the run, one word an element; absent for library calls. */
  readonly command?: readonly string[];
  readonly seed: number;
  readonly link: string;
  /** The model output that was explained. */
  readonly output: string;
  /** What its numbers are: 'logits', 'probabilities', 'log-probabilities', or 'unbounded' and 'unknown' where that could not be told. */
  readonly holds?: string;
  /** The model's input, or the value inside, that it was explained as a function of. */
  readonly input?: string;
  /** Least and greatest value of an input element; absent: unbounded. */
  readonly bounds?: readonly [low: number, high: number];
  /** How pictures became inputs: size, layout, channels, scale, mean, std; absent where no input was one. */
  readonly preprocessing?: Readonly<Record<string, number | string | readonly number[] | undefined>>;
  /** Values of the model's further inputs, by name; absent where it has none. */
  readonly feeds?: Readonly<Record<string, FeedRecord>>;
  /** Files with definitions of the user's own that expressions could name; absent where there were none. */
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
  /** Of one input, batch axis excluded. */
  readonly shape: readonly number[];
  /** The class, or the element of the flattened output, that was explained; absent where sums or maxima along axes were. */
  readonly target?: number;
  /** What was taken along each of the output's axes after the batch. */
  readonly at?: readonly AxisRecord[];
  /** The weights of the sums. */
  readonly mask?: FileRecord;
  /** Along which of the axes a link compared classes, and the node of the graph that tells; for outputs with several axes. */
  readonly classAxis?: { readonly axis: number; readonly told?: string };
  /** Whether the elements of the output are classes: one vector of several numbers, not known to be a regression. Absent: they are. */
  readonly elements?: 'classes' | 'numbers';
  /** Absent for outputs of one number. */
  readonly prediction?: PredictionRecord;
  /** f(x), the explained number: the target's output after the link. */
  readonly score: number;
  readonly targetLabel?: string;
  /** The tokens along the first axis, where the explained value was made of their ids. */
  readonly tokens?: readonly TokenRecord[];
  /** Files of the model's other inputs that have a row for this one, by input. */
  readonly beside?: Readonly<Record<string, FileRecord>>;
}

export interface TokenRecord {
  readonly id: number;
  /** Where the model's card names a vocabulary that has it. */
  readonly text?: string;
}

/** The entry of an index, the sum or the maximum along an axis. */
export type AxisRecord = number | 'sum' | 'max';

/** The largest of the output's numbers. */
export interface PredictionRecord {
  /** Its place in the flattened output. */
  readonly class: number;
  readonly label?: string;
  /** The number, as the model gives it. */
  readonly output: number;
  /** Its indices along the output's axes after the batch. */
  readonly at?: readonly number[];
  /** The five largest, where the output's elements are classes. */
  readonly top?: readonly ClassRecord[];
  /** How their probabilities are made of the output; absent where that is not known. */
  readonly probabilities?: 'softmax' | 'exponential' | 'output';
}

/** One class and what the model gives it. */
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
  /** Whether it ignores the score: a control is compared with the others and never best; absent: it does not. */
  readonly control?: boolean;
}

export interface MetricRecord {
  readonly name: string;
  readonly expression: string;
  readonly better: 'lower' | 'higher';
  readonly units: string;
  readonly source: string;
  readonly definition: Readonly<Record<string, string>>;
  /** Which explainers the numbers can be compared between; absent: 'any'. */
  readonly comparable?: Comparable;
  /** The least value that the definition allows; absent: unbounded. */
  readonly least?: number;
}

/** Why a cell has no number: the method does not apply there, or it went wrong. */
export type Missing =
  | { readonly status: 'not-applicable'; readonly reason: string }
  | { readonly status: 'failed'; readonly code: string; readonly reason: string };

/** What stands at (input, explainer); the first two are indices into `inputs` and `explainers`. */
export type AttributionCell = {
  readonly input: number;
  readonly explainer: number;
} & (({ readonly status: 'done' } & AttributionRecord) | Missing);

export interface AttributionRecord {
  readonly key: Key;
  readonly cost: Cost;
  readonly residual?: number;
  readonly diagnosis?: SolveDiagnosis;
  /** Of the numbers, each once. */
  readonly sum: number;
  /** l2 norm of the numbers, each once. */
  readonly norm: number;
  /** How many groups of elements have one number together; absent: each element has its own. */
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
  /** null: a missing number. */
  readonly inputs: readonly (number | null)[];
  readonly values: readonly number[];
  readonly names?: readonly string[];
}

/** What stands at (input, explainer, metric). */
export type EstimateCell = {
  readonly input: number;
  readonly explainer: number;
  readonly metric: number;
} & (({ readonly status: 'done' } & EstimateRecord) | Missing);

export interface EstimateRecord {
  readonly key: Key;
  readonly estimate: Estimate;
  /** Its 95 % interval, see `interval`, clipped at the least value of the metric; absent where the estimate has none. */
  readonly interval?: Interval;
}

/** A number over all inputs where it could be had, and how many there were. */
export interface Mean {
  readonly value: number;
  /** Absent when nothing is known of the spread (one input, and an estimate without standard error). */
  readonly stderr?: number;
  /** Where the standard error comes from: the spread across inputs, or, for one input, across draws. */
  readonly basis: 'inputs' | 'draws';
  readonly n: number;
  /** The numbers averaged were bounds, so this is one. */
  readonly bound?: 'lower' | 'upper';
  /**
   * Where the true mean lies with probability 0.95: by Student's t with n - 1 degrees of freedom over n inputs, or, for one input, the
   * interval of its draws; clipped at the least value of the metric. Absent for bounds, and where nothing is known of the spread.
   */
  readonly interval?: Interval;
}

/** One explainer under one metric. */
export interface Summary {
  readonly explainer: number;
  readonly metric: number;
  /** Absent when no input gave a number. */
  readonly mean?: Mean;
  readonly counts: Readonly<Record<'done' | 'not-applicable' | 'failed' | 'invalid' | 'censored', number>>;
  /** Whether it stands 'best' or 'tied'. */
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
