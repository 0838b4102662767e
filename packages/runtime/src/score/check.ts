import {
  type Batch,
  fail,
  firstNonFinite,
  isTensor,
  type Shape,
  sameShape,
  showShape,
} from '@onnxplain/core';
import { positionOf } from '../feeds.js';

/**
 * Throws `tensor-shape` unless the batch is [n, ...shape], `feed-value` naming the position of a number that is
 * not finite.
 */
export function checkBatch(batch: Batch, shape: Shape): void {
  const expected = `a batch [n${shape.map((dim) => `, ${dim}`).join('')}]`;
  if (!isTensor(batch)) fail({ code: 'tensor-shape', where: 'score', expected, got: typeof batch });
  if (batch.shape.length !== shape.length + 1 || !sameShape(batch.shape.slice(1), shape)) {
    const remedy = sameShape(batch.shape, shape) ? 'Add the batch axis in front.' : undefined;
    fail({ code: 'tensor-shape', where: 'score', expected, got: showShape(batch.shape), remedy });
  }
  const bad = firstNonFinite(batch);
  if (bad < 0) return;
  const got = `${batch.data[bad]} at ${positionOf(bad, batch.shape)}`;
  fail({ code: 'feed-value', where: 'score', expected: 'finite numbers', got });
}
