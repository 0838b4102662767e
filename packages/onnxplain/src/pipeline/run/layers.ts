import type { Explainer } from '@onnxplain/core';
import { score } from '@onnxplain/runtime';
import { feedsOf } from '../query/arrays.js';
import type { QueriedInputs } from '../query/query.js';

/**
 * Checks that the model has all layers that the explainers name, before anything runs. Throws `value-unknown` with
 * the nearest names, and what `score` throws.
 */
export async function expectLayers(
  { model, inputs, queries, arrays }: QueriedInputs,
  explainers: readonly Explainer[],
): Promise<void> {
  const layers = explainers.flatMap((explainer) => explainer.layers ?? []);
  if (layers.length === 0) return;
  const [{ tensor }] = inputs;
  const [query] = queries;
  const { output, input, batchedFeeds } = query;
  const feeds = feedsOf(query, arrays);
  // The names do not depend on the class.
  const { internals } = await score(model, {
    target: 0,
    shape: tensor.shape,
    output,
    input,
    feeds,
    batchedFeeds,
  });
  internals?.layers(layers);
}
