import { fail } from '../error.js';
import type { Layout } from '../layout.js';
import { row } from '../tensor/rows.js';
import { expectShape, type Shape, type Tensor, zeros } from '../tensor/tensor.js';
import type { Batch, Score } from '../types/score.js';
import { derivativeAlong } from './along.js';
import { expectBatch } from './batch.js';

export interface ScoreFunction {
  /** Shape of one input. */
  readonly shape: Shape;
  /** f of one input. */
  readonly value: (x: Tensor) => number;
  /** df/dx of one input, of its shape. */
  readonly gradient?: (x: Tensor) => Tensor;
  /** The Hessian of f at one input times a direction, of its shape; default: there are no second derivatives. */
  readonly hessianTimes?: (x: Tensor, direction: Tensor) => Tensor;
  /** Least and greatest value of an input element; default: nothing is known. */
  readonly bounds?: readonly [low: number, high: number];
  /** What the axes of an input are; default: nothing is known. */
  readonly layout?: Layout;
  /** The function for another target or link, or with other backward rules; default: there is no other. */
  readonly with?: Score['with'];
}

/**
 * A score of any JavaScript function of one input. Without `gradient` the score's `gradient` throws `no-gradient`:
 * `difference(score, { step })` gives it one. Gradients are float64. Batches and gradients of another shape throw `tensor-shape`.
 */
export function functionScore(given: ScoreFunction): Score {
  const { shape, value, gradient, hessianTimes, bounds, layout } = given;
  const score: Score = {
    shape,
    bounds: bounds ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    ...(layout && { layout }),
    rules: gradient === undefined ? 'none' : 'gradient',
    ...(given.with && { with: given.with }),
    value: async (batch) => Float64Array.from(inputsOf(batch, shape), value),
    gradient: async (batch) => {
      if (gradient === undefined) {
        fail({
          code: 'no-gradient',
          where: 'functionScore',
          expected: 'a function with a gradient',
          got: 'only its value',
          remedy: 'Use difference(score, { step }) for central differences.',
        });
      }
      return eachRow(batch, shape, { where: 'functionScore(gradient)', of: gradient });
    },
  };
  if (hessianTimes === undefined) return score;
  const second = async (batch: Batch, direction: Tensor) =>
    eachRow(batch, shape, {
      where: 'functionScore(hessianTimes)',
      of: (x) => hessianTimes(x, direction),
    });
  return {
    ...score,
    along: (direction) => derivativeAlong({ ...score, hessianTimes: second }, direction),
  };
}

/** What a function gives for every row of a batch, in the shape of the batch. Throws `tensor-shape`. */
function eachRow(
  batch: Batch,
  shape: Shape,
  { where, of }: { readonly where: string; of(x: Tensor): Tensor },
): Tensor {
  const out = zeros(batch.shape);
  inputsOf(batch, shape).forEach((x, i) => {
    const found = of(x);
    expectShape(where, found, shape);
    row(out, i).data.set(found.data);
  });
  return out;
}

/** The rows of a batch. Throws `tensor-shape` unless it is [n, ...shape]. */
function inputsOf(batch: Batch, shape: Shape): Tensor[] {
  expectBatch('functionScore', batch, shape);
  return Array.from({ length: batch.shape[0] }, (_, i) => row(batch, i));
}
