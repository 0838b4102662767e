import { expectFiniteValues } from './define/finite-values.js';
import type { Key } from './random/key.js';
import { row } from './tensor/rows.js';
import { firstNonFinite, type Tensor } from './tensor/tensor.js';
import type { Attribution, Explainer } from './types/attribution.js';
import type { Batch, Score } from './types/score.js';

/** The rows to explain, with a key for each. */
interface EachRow {
  readonly batch: Batch;
  readonly keys: readonly Key[];
}

/** Explains every row of a batch with a key of its own: at once where the explainer can, else one by one, all started together. */
export async function explainEach(
  explainer: Explainer,
  f: Score,
  { batch, keys }: EachRow,
): Promise<readonly Attribution[]> {
  return explainer.explainRows === undefined
    ? Promise.all(keys.map((key, i) => explainer(f, row(batch, i), key)))
    : explainer.explainRows(f, batch, keys);
}

/**
 * The values that {@link explainEach} gives, [...shape] each. Of an explainer that gives the gradient they are rows of the gradients, in
 * the number type of the score, without attributions around them; `gradientOf` may compute these in place of the score. Rejects as the
 * explainer does, with `non-finite` too.
 */
export async function valuesOfEach(
  explainer: Explainer,
  f: Score,
  {
    batch,
    keys,
    gradientOf = (rows) => f.gradient(rows),
  }: EachRow & { readonly gradientOf?: Score['gradient'] },
): Promise<readonly Tensor[]> {
  if (explainer.isGradient !== true)
    return (await explainEach(explainer, f, { batch, keys })).map(({ values }) => values);
  const slopes = await gradientOf(batch);
  const values = keys.map((_, i) => row(slopes, i));
  if (firstNonFinite(slopes) >= 0) for (const each of values) expectFiniteValues(explainer.expression, each);
  return values;
}
