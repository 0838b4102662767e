import type { Tensor } from '@onnxplain/core';
import type { Model } from './model.js';
import { outputLane } from './score/channel.js';
import { checkBatch } from './score/check.js';
import { classCount } from './score/classes.js';
import { type QuestionOptions, settle } from './score/question.js';

export interface Prediction {
  /** The output's numbers, [n, classes]. */
  readonly scores: Tensor;
  /** Position of the largest of each row, the first of several, [n]. */
  readonly classes: Int32Array;
}

/** How many classes an output has: the numbers of one row. Throws as {@link score} does. */
export async function classes(model: Model, options: QuestionOptions = {}): Promise<number> {
  return classCount(model, settle(model, options));
}

/**
 * An output's numbers for a batch [n, ...shape] of any size, and each row's best class. Throws as {@link score}
 * does.
 */
export async function predict(model: Model, options: QuestionOptions, batch: Tensor): Promise<Prediction> {
  const question = settle(model, options);
  checkBatch(batch, question.input);
  const width = await classCount(model, question);
  const lane = outputLane(model, question, { classes: width, memory: model.memory });
  const data = await lane.submit({ rows: batch });
  const [n] = batch.shape;
  const best = Int32Array.from({ length: n }, (_, i) => argmax(data.subarray(i * width, (i + 1) * width)));
  return { scores: { shape: [n, width], data }, classes: best };
}

function argmax(numbers: Float32Array | Float64Array): number {
  let best = 0;
  for (let i = 1; i < numbers.length; i++) if (numbers[i] > numbers[best]) best = i;
  return best;
}
