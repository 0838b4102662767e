import {
  type Attribution,
  type Key,
  type Perturbation,
  type Score,
  sizeOf,
  spans,
  type Tensor,
} from '@onnxplain/core';
import { predict } from './predictions.js';

/** The drop of f and the predicted drops for each draw, which infidelity compares, and the weights of the draws. */
export interface DrawTable {
  /** v = f(x) - f(x - I): the drop of f, one number per draw. */
  readonly drops: Float64Array;
  /** u = I·Φ: the drop that an attribution predicts, one array per attribution. */
  readonly predictions: readonly Float64Array[];
  readonly weights: Float64Array;
  /** 1 for each draw with a nonzero element in I, else 0. */
  readonly moved: Uint8Array;
}

/** The attributions to measure, and the draws to measure them on. */
export interface Setting {
  readonly f: Score;
  readonly x: Tensor;
  readonly attributions: readonly Attribution[];
  readonly perturbation: Perturbation;
  readonly key: Key;
  /** Greatest number of draws in one batch. Batches are also limited by the size of their arrays. */
  readonly batch?: number;
}

/** Returns a table for n draws that is not filled yet. */
export function emptyTable(n: number, attributions: number): DrawTable {
  return {
    drops: new Float64Array(n),
    predictions: Array.from({ length: attributions }, () => new Float64Array(n)),
    weights: new Float64Array(n).fill(1),
    moved: new Uint8Array(n),
  };
}

/**
 * Fills the draws from..to of the table. `whole` is f(x). Draws are made and evaluated in batches. The numbers of a draw do not depend on
 * the other draws, so that the size of batches does not change the table.
 */
export async function fillTable(
  setting: Setting,
  table: DrawTable,
  { from, to, whole }: { from: number; to: number; whole: number },
): Promise<void> {
  const { x, perturbation, key, batch } = setting;
  for (const [start, end] of batches(from, to, { row: sizeOf(x.shape), batch })) {
    const draws = perturbation(x, key, start, end);
    const { values, products, moved } = await predict(setting, draws);
    for (let i = 0; i < values.length; i++) table.drops[start + i] = whole - values[i];
    if (draws.weights !== undefined) table.weights.set(draws.weights, start);
    table.moved.set(moved, start);
    for (const [which, all] of table.predictions.entries()) all.set(products[which], start);
  }
}

/** Splits from..to into batches of at most `batch` draws whose arrays have a bounded size. */
function* batches(
  from: number,
  to: number,
  { row, batch = Number.POSITIVE_INFINITY }: { row: number; batch?: number },
): Generator<readonly [start: number, end: number]> {
  for (const span of spans(to - from, row)) {
    const last = from + span.to;
    for (let start = from + span.from; start < last; start += batch)
      yield [start, Math.min(last, start + batch)];
  }
}

/** Returns the first n draws of a table. The arrays are shared. */
export function firstDraws({ drops, predictions, weights, moved }: DrawTable, n: number): DrawTable {
  return {
    drops: drops.subarray(0, n),
    predictions: predictions.map((u) => u.subarray(0, n)),
    weights: weights.subarray(0, n),
    moved: moved.subarray(0, n),
  };
}
