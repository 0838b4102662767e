import { type DrawnWeights, type Key, option, z } from '@onnxplain/core';
import { randomiseWeights } from '@onnxplain/graph';
import type { ModelFunction } from './model-function.js';

/** Weights that are drawn anew, as `score.with` takes them. */
export const drawnWeights = z.strictObject({
  layers: z.union([option.count(), z.literal('all')], "a positive integer or 'all'"),
  draw: option.choice(['normal', 'permuted']),
  key: z.custom<Key>((v) => typeof v === 'object' && v !== null && 'hi' in v && 'lo' in v, 'a key'),
});

/**
 * The function with weights that are drawn anew. Its identity tells the draw, so that it has sessions of its own, which the model drops
 * when it has too many. Throws `not-applicable` for a model with fewer layers.
 */
export function withWeights(fn: ModelFunction, weights: DrawnWeights): ModelFunction {
  const { layers, draw, key } = weights;
  const identity = `${fn.identity} weights ${JSON.stringify([layers, draw, key.hi, key.lo])}`;
  return { ...fn, graph: randomiseWeights(fn.graph, weights), identity, open: undefined };
}
