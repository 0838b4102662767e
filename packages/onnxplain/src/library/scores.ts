import type { Prepared } from '../pipeline/prepare.js';
import { type ScoredInput, scoreInputs } from '../pipeline/scored-input.js';

/**
 * The function that is explained at each prepared input: `f`, the input itself (`input.tensor`), the explained class and `value`, which is
 * f at the input. Explainers take these: `gradient()(f, input.tensor, key(0))`. Throws what `score` throws for the target.
 */
export const scoresOf = ({ model, loaded, asked }: Prepared): Promise<readonly ScoredInput[]> =>
  scoreInputs(model, loaded.inputs, asked);
