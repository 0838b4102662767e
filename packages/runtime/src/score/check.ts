import { type Batch, expectBatch, fail, firstNonFinite, type Shape } from '@onnxplain/core';
import { positionOf } from '../feeds.js';

/**
 * Throws `tensor-shape` unless the batch is [n, ...shape], `feed-value` naming the position of a number that is
 * not finite.
 */
export function checkBatch(batch: Batch, shape: Shape): void {
  expectBatch('score', batch, shape);
  const bad = firstNonFinite(batch);
  if (bad < 0) return;
  const got = `${batch.data[bad]} at ${positionOf(bad, batch.shape)}`;
  fail({ code: 'feed-value', where: 'score', expected: 'finite numbers', got });
}
