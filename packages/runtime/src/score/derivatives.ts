import {
  type Batch,
  derivativeAlong,
  expectShape,
  type Layout,
  type Score,
  sizeOf,
  type Tensor,
} from '@onnxplain/core';
import type { ModelFunction } from '../function/model-function.js';
import type { SecondOrderQueues } from '../function/queues.js';
import type { Submit } from '../function/submit.js';
import { type FlatTarget, targetsOf } from '../function/target.js';
import { refuseDerivative } from '../function/whole-numbers.js';
import { fromTensor, joinRows } from '../session/value.js';

interface DerivativeOptions {
  readonly target: FlatTarget;
  /** Name of the backward rules. */
  readonly rules: string;
  readonly bounds: Score['bounds'];
  readonly queues: SecondOrderQueues;
  readonly submit: Submit;
  layout(): Layout | undefined;
}

/** The gradient of a model's score by the backward rules; where these are the derivative, the derivative along a direction too. */
export function derivativesOf(
  fn: ModelFunction,
  options: DerivativeOptions,
): Pick<Score, 'gradient' | 'along'> {
  const { rules, bounds, queues, submit, layout } = options;
  const { shape, whole } = fn.input;
  const gradient = async (batch: Batch, into?: Tensor): Promise<Tensor> => {
    if (whole !== undefined) refuseDerivative(whole);
    if (into === undefined)
      return { shape: batch.shape, data: await submit(queues.gradient, { kind: 'backward', batch }) };
    expectShape('gradient(into)', into, batch.shape);
    const columns = [{ data: into.data, width: sizeOf(shape) }];
    await submit(queues.gradient, { kind: 'backward', batch, into: columns });
    return into;
  };
  if (rules !== 'gradient' || whole !== undefined) return { gradient };
  const hessianTimes = (batch: Batch, direction: Tensor) => product(fn, options, { batch, direction });
  return {
    gradient,
    along: (direction) =>
      derivativeAlong({ shape, bounds, layout: layout(), gradient, hessianTimes }, direction),
  };
}

/** The Hessian at every row times one direction. Directions are an input of the graph, so that all of them share one session. */
async function product(
  { input }: ModelFunction,
  { target, submit, queues }: DerivativeOptions,
  { batch, direction }: { readonly batch: Batch; readonly direction: Tensor },
): Promise<Tensor> {
  const [n] = batch.shape;
  if (n === 0) return batch;
  const one = fromTensor({ ...direction, shape: [1, ...input.shape] }, input.dtype);
  const directions = joinRows(Array.from({ length: n }, () => one));
  const parameters = [...targetsOf(target, n), directions];
  return { shape: batch.shape, data: await submit(queues.hessian, { kind: 'backward', batch, parameters }) };
}
