import { sizeOf, type Tensor } from '../tensor/tensor.js';
import type { Batch, Score } from '../types/score.js';

/**
 * Returns the gradient of a score for callers that are done with one batch before they ask for the next: a result may lie in the memory of
 * the one before, which it overwrites.
 */
export function gradientsInTurn(f: Score): (batch: Batch) => Promise<Tensor> {
  let memory: Tensor['data'] = new Float32Array(0);
  return async (batch) => {
    const { shape } = batch;
    const size = sizeOf(shape);
    const into = memory.length < size ? undefined : { shape, data: memory.subarray(0, size) };
    const slopes = await f.gradient(batch, into);
    if (slopes.data.length > memory.length) memory = slopes.data;
    return slopes;
  };
}
