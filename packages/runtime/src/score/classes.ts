import { type ClassScores, expectBatch, expectShape, type Shape, sizeOf, type Tensor } from '@onnxplain/core';
import { classQueues } from '../function/class-queues.js';
import type { CompetingClasses } from '../function/competing-classes.js';
import type { ScoreQueueOptions } from '../function/queues.js';
import type { Submit } from '../function/submit.js';
import { refuseDerivative } from '../function/whole-numbers.js';
import type { Model } from '../model/model.js';
import { fromTensor } from '../session/value.js';

export interface ClassScoresOptions extends Pick<ScoreQueueOptions, 'backward' | 'batch' | 'memory'> {
  readonly submit: Submit;
}

/** The numbers of all classes, with gradients by the rules of the score. Equal functions share runs, whatever the weights. */
export function classScores(
  model: Model,
  classes: CompetingClasses,
  { submit, ...options }: ClassScoresOptions,
): ClassScores {
  const { fn, count, target } = classes;
  const { value, gradient } = classQueues(model, classes, options);
  const numbers = (length: number) =>
    fn.input.dtype === 'float64' ? new Float64Array(length) : new Float32Array(length);
  return {
    count,
    target,
    async values(batch) {
      const data = await submit(value, { kind: 'forward', batch });
      return { shape: [batch.shape[0], count], data };
    },
    async gradient(batch, weights: Tensor, into?: Tensor) {
      if (fn.input.whole !== undefined) refuseDerivative(fn.input.whole);
      expectBatch('classes', batch, fn.input.shape);
      const [n] = batch.shape;
      expectShape('classes.gradient(weights)', weights, [n, count]);
      if (into !== undefined) expectShape('classes.gradient(into)', into, batch.shape);
      const parameters = [fromTensor(weights, fn.input.dtype)];
      const empty = (shape: Shape): Tensor => ({ shape, data: numbers(sizeOf(shape)) });
      const found = { values: empty([n, count]), gradient: into ?? empty(batch.shape) };
      const columns = [found.values, found.gradient].map(({ data }) => ({ data, width: data.length / n }));
      if (n > 0) await submit(gradient, { kind: 'backward', batch, parameters, into: columns });
      return found;
    },
  };
}
