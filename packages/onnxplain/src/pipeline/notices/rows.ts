import { type Model, rowLayout, rowNotices } from '@onnxplain/runtime';

/** A sentence about the rows of an input, with the way to change what it says. */
export const rowNotice = (sentence: string): string => `${sentence}; --batch-axis names another batch axis`;

/** What runs found out about the rows of a model's inputs. */
export const rowNoticesOf = (model: Model): readonly string[] => rowNotices(model).map(rowNotice);

/**
 * What a gradient written to a file takes for rows that are none: it has one seed for each element of the output's first axis, and no other
 * way to name a target. Undefined where rows are apart, or the output is one number.
 */
export function mixedGradient(
  model: Model,
  { output, input }: { readonly output: string; readonly input: string },
): string | undefined {
  const { why, perRun, ...axes } = rowLayout(model, { output, input });
  const rank = model.outputs.find(({ name }) => name === output)?.dims?.length;
  if (why === undefined || perRun !== 1 || rank === 0) return undefined;
  if (axes.input === 'none' && axes.output !== 'none') return undefined;
  return `${why}; the gradient in the file is that of the sum over the first axis of "${output}"`;
}
