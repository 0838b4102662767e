import { arrayPool } from '../tensor/array-pool.js';
import { sizeOf, type Tensor } from '../tensor/tensor.js';
import type { Batch, Score } from '../types/score.js';

/** Memory of gradients that were used. */
const memory = arrayPool(2 ** 23);

/** The number types of the gradients of scores of which one was seen. */
const types = new WeakMap<Score, new (length: number) => Tensor['data']>();

/**
 * Gives `work` the gradient of a score, and returns its result. A gradient holds until `work` asks for the next one or ends: its memory is
 * then used again, also by later calls.
 */
export async function withGradients<Result>(
  f: Score,
  work: (gradientOf: (batch: Batch) => Promise<Tensor>) => Promise<Result>,
): Promise<Result> {
  let own: Tensor['data'] | undefined;
  const gradientOf = async (batch: Batch): Promise<Tensor> => {
    const { shape } = batch;
    const size = sizeOf(shape);
    const type = types.get(f);
    if (type !== undefined && (own === undefined || own.length < size)) {
      if (own !== undefined) memory.giveBack(own);
      own = memory.take<Tensor['data']>(type, size);
    }
    const slopes = await f.gradient(batch, own && { shape, data: own.subarray(0, size) });
    if (type === undefined) types.set(f, slopes.data instanceof Float32Array ? Float32Array : Float64Array);
    return slopes;
  };
  try {
    return await work(gradientOf);
  } finally {
    if (own !== undefined) memory.giveBack(own);
  }
}
