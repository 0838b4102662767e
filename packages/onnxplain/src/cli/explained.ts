import type { Attribution } from '@onnxplain/core';
import type { Link } from '@onnxplain/graph';
import type { InputRecord, Missing } from '@onnxplain/report';
import type { OutputMeaning } from '@onnxplain/runtime';
import type { ExitCode } from './failure.js';

/** The result of `explain`, with its exit code. */
export interface ExplainOutcome {
  readonly exit: ExitCode;
  readonly explainer: string;
  /** Name of the model input or inner value that was explained. */
  readonly input: string;
  /** The function that was explained. */
  readonly f: ExplainedFunction;
  /** The notices of the run: see docs/notices.md. */
  readonly notices: readonly string[];
  readonly files: readonly string[];
  readonly explanations: readonly ExplainedInput[];
}

/** The explained function f: its output, its link, what the output holds and how that is known. */
export interface ExplainedFunction extends Pick<OutputMeaning, 'output' | 'holds' | 'evidence'> {
  readonly link: Link;
  /** Description of f in words. */
  readonly text: string;
}

export type ExplainedInput =
  | (InputRecord & ({ readonly status: 'done' } & ExplainedValues))
  | (InputRecord & Missing);

export interface ExplainedValues
  extends Pick<Attribution, 'kind' | 'cost' | 'residual' | 'diagnosis' | 'details' | 'key'> {
  /** Sum of the attributions; a number that several elements share counts once. */
  readonly sum: number;
  /** Euclidean norm of the same numbers. */
  readonly norm: number;
  /** How many groups of elements share one number each; absent: every element has its own number. */
  readonly groups?: number;
  /** Row major, in the input's shape; only where no file was written. */
  readonly values?: readonly number[];
  /** One number for each token of the input (see `perToken`); only where no file was written. */
  readonly perToken?: readonly number[];
  /** The elements of a one-dimensional input, in the order of `values`. */
  readonly features?: readonly Feature[];
}

/** An element of a one-dimensional input. */
interface Feature {
  /** Its name; absent where neither the file nor the model card has one. */
  readonly name?: string;
  /** Its value in the input; null where the number is missing. */
  readonly input: number | null;
}
