import { OnnxplainError, type RowAxis } from '@onnxplain/core';
import { type Model, rowLayout } from '@onnxplain/runtime';

/** Where an input and an output have their rows, and how these run. */
export interface BatchAxes {
  readonly input: string;
  readonly output: string;
  readonly axis: RowAxis;
  readonly outputAxis: RowAxis;
  /** Rows of one run; absent: any number. */
  readonly perRun?: number;
  /** Why the axis is not the first, or rows run alone; absent where nothing is to be said. */
  readonly why?: string;
}

/** The batch axes of an output as a function of an input or inner value; undefined where the output does not depend on it. */
export function batchAxes(
  model: Model,
  { input, output }: { input: string; output: string },
): BatchAxes | undefined {
  try {
    const { input: axis, output: outputAxis, perRun, why } = rowLayout(model, { input, output });
    return { input, output, axis, outputAxis, perRun, why };
  } catch (error) {
    if (!(error instanceof OnnxplainError)) throw error;
    // The line on gradients says what is wrong with the pair.
    return undefined;
  }
}

/** "x 0, y 1", and how rows run where that is not together. */
export function batchLine({ input, output, axis, outputAxis, perRun, why }: BatchAxes): string {
  const run = perRun === undefined ? '' : `, ${perRun} row${perRun === 1 ? '' : 's'} a run`;
  return `${input} ${axis}, ${output} ${outputAxis}${run}${why === undefined ? '' : ` (${why})`}`;
}
