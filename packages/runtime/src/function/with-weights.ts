import { type DrawnWeights, type Key, option, z } from '@onnxplain/core';
import { countWeightLayers, randomiseWeights } from '@onnxplain/graph';
import type { Model } from '../model/model.js';
import { type FunctionOptions, type ModelFunction, resolveFunction } from './model-function.js';

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

/** How many layers of a function have weights that can be drawn anew. Throws what `score` throws for these options. */
export const countLayers = (model: Model, options: FunctionOptions): number =>
  countWeightLayers(resolveFunction(model, options).graph);
