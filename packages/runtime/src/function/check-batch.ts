import { type Batch, expectBatch, fail, firstInfinite, firstNonFinite, isLazyRows } from '@onnxplain/core';
import { positionOf } from '../model/feeds.js';
import type { ModelFunction } from './model-function.js';
import { expectWhole } from './whole-numbers.js';

/**
 * Throws `tensor-shape` unless the batch is [n, ...shape], `feed-value` naming the position of a number that is
 * not finite; NaN is let through where the model takes it for a missing value. Where the model takes whole numbers, others are refused.
 */
export function checkBatch(batch: Batch, { shape, takesMissing, whole }: ModelFunction['input']): void {
  expectBatch('score', batch, shape);
  // The numbers of lazy rows are checked when they are computed for a run: see `rowRunner`.
  if (isLazyRows(batch) && whole === undefined && !takesMissing()) return;
  if (whole !== undefined) expectWhole(batch, whole);
  if (firstNonFinite(batch) < 0) return;
  const bad = takesMissing() ? firstInfinite(batch) : firstNonFinite(batch);
  if (bad < 0) return;
  const got = `${batch.data[bad]} at ${positionOf(bad, batch.shape)}`;
  fail({ code: 'feed-value', where: 'score', expected: 'finite numbers', got });
}
