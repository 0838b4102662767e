import { counted, OnnxplainError, type RowAxis } from '@onnxplain/core';
import { type Model, rowLayout } from '@onnxplain/runtime';

/** The batch axes of an input and an output, and how many rows one run takes. */
export interface BatchAxes {
  readonly input: string;
  readonly output: string;
  readonly axis: RowAxis;
  readonly outputAxis: RowAxis;
  /** How many rows one run takes; absent: any number. */
  readonly perRun?: number;
  /** Why the batch axis is not the first axis, or why each row runs alone; absent where the first axis is and rows run together. */
  readonly why?: string;
}

/** Returns the batch axes of an output and of an input or inner value; undefined where the output does not depend on that value. */
export function batchAxes(
  model: Model,
  { input, output }: { input: string; output: string },
): BatchAxes | undefined {
  try {
    const { input: axis, output: outputAxis, perRun, reason: why } = rowLayout(model, { input, output });
    return { input, output, axis, outputAxis, perRun, why };
  } catch (error) {
    if (!(error instanceof OnnxplainError)) throw error;
    // The inspection reports this error in its line on the gradient.
    return undefined;
  }
}

/** Formats batch axes: "x 0, y 1", how many rows a run takes where that is limited, and the reason. */
export function batchLine({ input, output, axis, outputAxis, perRun, why }: BatchAxes): string {
  const run = perRun === undefined ? '' : `, ${counted(perRun, 'row')} a run`;
  return `${input} ${axis}, ${output} ${outputAxis}${run}${why === undefined ? '' : ` (${why})`}`;
}
