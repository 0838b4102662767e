import { expectFiniteValues } from './define/finite-values.js';
import type { Key } from './random/key.js';
import { row } from './tensor/rows.js';
import { firstNonFinite, type Tensor } from './tensor/tensor.js';
import type { Attribution, Explainer } from './types/attribution.js';
import type { Batch, Score } from './types/score.js';

/** Explains every row of a batch with a key of its own: at once where the explainer can, else one by one, all started together. */
export async function explainEach(
  explainer: Explainer,
  f: Score,
  { batch, keys }: { readonly batch: Batch; readonly keys: readonly Key[] },
): Promise<readonly Attribution[]> {
  return explainer.explainRows === undefined
    ? Promise.all(keys.map((key, i) => explainer(f, row(batch, i), key)))
    : explainer.explainRows(f, batch, keys);
}

/**
 * The values that {@link explainEach} gives, [...shape] each. Of an explainer that gives the gradient they are rows of the gradients, in
 * the number type of the score, without attributions around them. Rejects as the explainer does, with `non-finite` too.
 */
export async function valuesOfEach(
  explainer: Explainer,
  f: Score,
  { batch, keys }: { readonly batch: Batch; readonly keys: readonly Key[] },
): Promise<readonly Tensor[]> {
  if (explainer.isGradient !== true)
    return (await explainEach(explainer, f, { batch, keys })).map(({ values }) => values);
  const slopes = await f.gradient(batch);
  const values = keys.map((_, i) => row(slopes, i));
  if (firstNonFinite(slopes) >= 0) for (const each of values) expectFiniteValues(explainer.expression, each);
  return values;
}
