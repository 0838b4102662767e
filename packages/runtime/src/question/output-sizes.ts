import { type Shape, sizeOf, type Tensor } from '@onnxplain/core';
import { prune } from '@onnxplain/graph';
import type { Model } from '../model/model.js';
import { allocate, showDims, write } from '../session/value.js';
import type { Question } from './question.js';

/** Sizes of an output's axes after the batch. A size is undefined where it depends on the numbers of the input, as with detections. */
export type RowSizes = readonly (number | undefined)[];

/** "[4, ?, 2]". */
export const showSizes = (sizes: RowSizes): string => showDims(sizes.map((size) => size ?? '?'));

/** Operators whose number of results depends on the numbers of their input. */
const DATA_DEPENDENT_OPS: ReadonlySet<string> = new Set([
  'Compress',
  'NonMaxSuppression',
  'NonZero',
  'Unique',
]);

/** Whether a size in the graph depends on the numbers of the input. */
export const countsEntries = ({ graph }: Question): boolean =>
  graph.nodes.some(({ op }) => DATA_DEPENDENT_OPS.has(op));

/** Whether a size of the output depends on the numbers of the input. */
export const isCounted = (question: Question): boolean =>
  question.axes?.every((dim) => typeof dim === 'number') !== true && countsEntries(question);

/** Sizes of the axes of a question's output: read off the graph, or else seen in a run of zeros where they do not depend on numbers. */
export async function outputSizes(model: Model, question: Question): Promise<RowSizes> {
  const { axes } = question;
  if (axes !== undefined && isCounted(question)) {
    return axes.map((dim) => (typeof dim === 'number' ? dim : undefined));
  }
  return outputRowShape(model, question);
}

/** Shape of the output of one row: read off the graph, or else seen in a run of the first of these rows [n, ...shape]; default: zeros. */
export async function outputRowShape(model: Model, question: Question, batch?: Tensor): Promise<Shape> {
  const known = question.axes?.filter((dim) => typeof dim === 'number');
  if (known !== undefined && known.length === question.axes?.length) return known;
  const { graph, input, output, others, identity } = question;
  const outputs = graph.outputs.filter(({ name }) => name === output);
  const session = await model.session(`output ${identity}`, () => prune({ ...graph, outputs }));
  const rows = question.rows.perRun ?? 1;
  const size = sizeOf(input.shape);
  const data = allocate(input.dtype, rows * size);
  const first = batch?.data.subarray(0, size) ?? new Float64Array(size);
  for (let i = 0; first.length > 0 && i < rows; i++) write(first, data, i * size);
  const feed = { dtype: input.dtype, dims: [rows, ...input.shape], data };
  const results = await session.run({ ...others.rows(rows), [input.name]: feed }, [output]);
  return results[output].dims.slice(1);
}

/** Counts the numbers of a question's output for one row. */
export const classCount = async (model: Model, question: Question): Promise<number> =>
  sizeOf(await outputRowShape(model, question));
