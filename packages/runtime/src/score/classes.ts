import { type ClassScores, expectBatch, expectShape, type Tensor } from '@onnxplain/core';
import { classQueues } from '../function/class-queues.js';
import { splitColumns } from '../function/columns.js';
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
  return {
    count,
    target,
    async values(batch) {
      const data = await submit(value, { kind: 'forward', batch });
      return { shape: [batch.shape[0], count], data };
    },
    async gradient(batch, weights: Tensor) {
      if (fn.input.whole !== undefined) refuseDerivative(fn.input.whole);
      expectBatch('classes', batch, fn.input.shape);
      expectShape('classes.gradient(weights)', weights, [batch.shape[0], count]);
      const parameters = fromTensor(weights, fn.input.dtype);
      const data = await submit(gradient, { kind: 'backward', batch, parameters });
      const [values, slopes] = splitColumns(data, [[count], fn.input.shape]);
      return { values, gradient: slopes };
    },
  };
}
