import { type Shape, sizeOf, type Tensor } from '@onnxplain/core';
import { checkBatch } from '../function/check-batch.js';
import { classAxisIn } from '../function/class-axis.js';
import { type FunctionOptions, resolveFunction } from '../function/model-function.js';
import { classCount, isCounted, outputRowShape } from '../function/output-sizes.js';
import { outputQueue } from '../function/queues.js';
import type { ClassAxisChoice } from '../function/selection.js';
import type { AxesTarget } from '../function/target.js';
import { selectAxes } from '../function/target-axes.js';
import type { Model } from '../model/model.js';

export interface PredictOptions extends FunctionOptions {
  /** What is taken along the output's axes; default: everything. Numbers are of what is left: the axes with 'predicted'. */
  readonly target?: AxesTarget;
}

/** The numbers of an output for a batch, and the best class of each row. */
export interface Prediction {
  /** The output's numbers, or what the target takes of them, flattened: [n, classes]. */
  readonly scores: Tensor;
  /** Position of the largest of each row, the first of several, [n]. */
  readonly classes: Int32Array;
  /** The axes that were flattened: the output's after the batch, or those with 'predicted'. */
  readonly axes: Shape;
  /** Whether the input decides how many entries the output has: its numbers, as with detections, or its size, as with steps and nodes. */
  readonly counted: boolean;
  /** Which of the output's axes holds the classes; undefined where neither graph nor sizes tell. */
  readonly classAxis: ClassAxisChoice | undefined;
}

/** How many classes an output has: the numbers of one row. Throws as {@link score} does. */
export async function classes(model: Model, options: FunctionOptions = {}): Promise<number> {
  return classCount(model, resolveFunction(model, options));
}

/**
 * An output's numbers for a batch [n, ...shape] of any size, and each row's best class. Sizes that the graph does not tell are those of
 * the first row's output. Throws as {@link score} does.
 */
export async function predict(model: Model, options: PredictOptions, batch: Tensor): Promise<Prediction> {
  const whole = resolveFunction(model, options);
  checkBatch(batch, whole.input);
  const sizes = await outputRowShape(model, whole, batch);
  const { target } = options;
  const fn = target === undefined ? whole : selectAxes(model, whole, { target, sizes });
  const axes = target === undefined ? sizes : sizes.filter((_, i) => target.at[i] === 'predicted');
  const width = sizeOf(axes);
  const queue = outputQueue(model, fn, { classes: width, memory: model.memory });
  const data = await queue.submit({ rows: batch });
  const [n] = batch.shape;
  const best = Int32Array.from({ length: n }, (_, i) => argmax(data.subarray(i * width, (i + 1) * width)));
  const classAxis = classAxisIn(model, whole, { sizes });
  const counted = isCounted(whole) || whole.following.some((axis) => sizes[axis] !== 1);
  return { scores: { shape: [n, width], data }, classes: best, axes, counted, classAxis };
}

function argmax(numbers: Float32Array | Float64Array): number {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i] > numbers[best]) best = i;
  return best;
}
