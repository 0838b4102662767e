import type { AxisTake } from '@onnxplain/graph';

/** Sizes of an output's axes after the batch. A size is undefined where it depends on the numbers of the input, as with detections. */
export type RowSizes = readonly (number | undefined)[];

/** The axis of an output along which its classes lie. */
export interface ClassAxisChoice {
  /** From 0, the batch not counted. */
  readonly axis: number;
  /** Number of classes; undefined where it is not known. */
  readonly classes: number | undefined;
  /** How it is known: by a node of the graph, by the sizes, or from the caller. */
  readonly told: string;
}

/** What a target takes along the axes of an output, and which axis holds the classes. */
export interface AxesSelection {
  /** Name of the whole output. */
  readonly of: string;
  readonly takes: readonly AxisTake[];
  /** The input that holds the weights of the sums. */
  readonly weights: string | undefined;
  /** The axis of classes; undefined where the link does not compare classes. */
  readonly classAxis: ClassAxisChoice | undefined;
}
