import type { Key } from './random/key.js';
import { row } from './tensor/rows.js';
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
