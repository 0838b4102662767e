import { type Model, rowLayout, rowNotices } from '@onnxplain/runtime';

/** Adds the remedy, the flag --batch-axis, to a sentence about the rows of an input. */
export const rowNotice = (sentence: string): string => `${sentence}; --batch-axis names another batch axis`;

/** Returns the notices about batch axes that the runs of a model caused. */
export const rowNoticesOf = (model: Model): readonly string[] => rowNotices(model).map(rowNotice);

/**
 * Warns of a gradient file whose rows are not independent. The file takes one seed per element of the output's first axis, and has no other
 * way to name a target. Returns undefined where rows are independent, or the output is one number.
 */
export function mixedGradient(
  model: Model,
  { output, input }: { readonly output: string; readonly input: string },
): string | undefined {
  const { reason, perRun, ...axes } = rowLayout(model, { output, input });
  const rank = model.outputs.find(({ name }) => name === output)?.dims?.length;
  if (reason === undefined || perRun !== 1 || rank === 0) return undefined;
  if (axes.input === 'none' && axes.output !== 'none') return undefined;
  return `${reason}; the gradient in the file is that of the sum over the first axis of "${output}"`;
}
