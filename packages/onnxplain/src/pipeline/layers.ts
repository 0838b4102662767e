import type { Explainer } from '@onnxplain/core';
import type { NamedInput } from '@onnxplain/files';
import { type Model, score } from '@onnxplain/runtime';
import { feedsOf } from './feeds-of.js';
import type { QueryOptions } from './scored-input.js';

/**
 * Refuses layers that the model does not have before anything runs: no input could be explained by them. Throws `value-unknown` with
 * the nearest names, and what `score` throws.
 */
export async function expectLayers(
  model: Model,
  [{ tensor }]: readonly NamedInput[],
  {
    explainers,
    output,
    input,
    feeds: given,
    perRow,
  }: QueryOptions & { readonly explainers: readonly Explainer[] },
): Promise<void> {
  const layers = explainers.flatMap((explainer) => explainer.layers ?? []);
  if (layers.length === 0) return;
  const feeds = feedsOf(given, 0);
  // Which class does not matter to the names.
  const { internals } = await score(model, { target: 0, shape: tensor.shape, output, input, feeds, perRow });
  internals?.layers(layers);
}
