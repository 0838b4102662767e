import { fail } from '../error.js';
import { isTensor, type Shape, sameShape, showShape } from '../tensor/tensor.js';
import type { Batch } from '../types/score.js';

/** Throws `tensor-shape` unless the batch is a tensor [n, ...shape]. */
export function expectBatch(where: string, batch: Batch, shape: Shape): void {
  if (isTensor(batch) && batch.shape.length === shape.length + 1 && sameShape(batch.shape.slice(1), shape))
    return;
  const expected = `a batch [n${shape.map((dim) => `, ${dim}`).join('')}]`;
  if (!isTensor(batch)) fail({ code: 'tensor-shape', where, expected, got: typeof batch });
  const remedy = sameShape(batch.shape, shape) ? 'Add the batch axis in front.' : undefined;
  fail({ code: 'tensor-shape', where, expected, got: showShape(batch.shape), remedy });
}
