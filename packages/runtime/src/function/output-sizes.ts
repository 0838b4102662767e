import { ownOf, type Shape, sizeOf, type Tensor } from '@onnxplain/core';
import { prune } from '@onnxplain/graph';
import type { Model } from '../model/model.js';
import { allocate, showDims, writeNumbers } from '../session/value.js';
import type { ModelFunction } from './model-function.js';
import type { RowSizes } from './selection.js';

/** "[4, ?, 2]". */
export const showSizes = (sizes: RowSizes): string => showDims(sizes.map((size) => size ?? '?'));

/** Whether a row has at most one axis of more than one entry. */
export const isOneAxis = (sizes: RowSizes): boolean => sizes.filter((size) => size !== 1).length < 2;

/** Operators whose number of results depends on the numbers of their input. */
const DATA_DEPENDENT_OPS: ReadonlySet<string> = new Set([
  'Compress',
  'NonMaxSuppression',
  'NonZero',
  'Unique',
]);

/** Whether a size in the graph depends on the numbers of the input. */
export const countsEntries = ({ graph }: ModelFunction): boolean =>
  graph.nodes.some(({ op }) => DATA_DEPENDENT_OPS.has(op));

/** Whether a size of the output depends on the numbers of the input, as with detections. */
export const isCounted = (fn: ModelFunction): boolean =>
  fn.axes?.every((dim) => typeof dim === 'number') !== true && countsEntries(fn);

/** Sizes of the axes of a function's output. The graph tells them; else a run of zeros does, where they do not depend on numbers. */
export async function outputSizes(model: Model, fn: ModelFunction): Promise<RowSizes> {
  const { axes } = fn;
  if (axes !== undefined && isCounted(fn)) {
    return axes.map((dim) => (typeof dim === 'number' ? dim : undefined));
  }
  return outputRowShape(model, fn);
}

/** Shape of the output of one row. The graph tells it; else a run of the first of these rows [n, ...shape] does, or a run of zeros. */
export async function outputRowShape(model: Model, fn: ModelFunction, batch?: Tensor): Promise<Shape> {
  const known = fn.axes?.filter((dim) => typeof dim === 'number');
  if (known !== undefined && known.length === fn.axes?.length) return known;
  const { input, others } = fn;
  const { graph, output, identity } = model.device === 'webgpu' ? fn : (fn.open?.fn ?? fn);
  const outputs = graph.outputs.filter(({ name }) => name === output);
  const session = await model.session(`output ${identity}`, () => prune({ ...graph, outputs }));
  const rows = fn.rows.perRun ?? 1;
  const size = sizeOf(input.shape);
  const data = allocate(input.dtype, rows * size);
  const first = batch?.data.subarray(0, size) ?? new Float64Array(size);
  for (let i = 0; first.length > 0 && i < rows; i++) writeNumbers(first, data, i * size);
  const feed = { dtype: input.dtype, dims: [rows, ...input.shape], data };
  const results = await session.run({ ...others.rows(rows), [input.name]: feed }, [output]);
  return ownOf(results, output).dims.slice(1);
}

/** Counts the numbers of a function's output for one row. */
export const classCount = async (model: Model, fn: ModelFunction): Promise<number> =>
  sizeOf(await outputRowShape(model, fn));
