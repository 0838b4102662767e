import { contentHash, type Explainer, entry, fold, stream, z, zeros } from '@onnxplain/core';
import { explainer } from './explainer.js';

/**
 * Independent standard normal values that know nothing of the score: the control that every explanation has to beat.
 * Local; the values depend on the key and on x. They are drawn anew wherever x differs, and from a key of their own, so that they share
 * nothing with the draws of a metric that was given the same key and do not seem stable near x. Evaluates nothing.
 */
export function random(): Explainer {
  return explainer({ expression: 'random', kind: 'local', control: true }, async (_f, x, key) => {
    const values = zeros(x.shape);
    stream(fold(fold(key, 'random'), contentHash(x))).fillNormal(values.data);
    return { values, cost: { forward: 0, backward: 0 } };
  });
}

export const randomEntry = entry({
  name: 'random',
  summary: 'Standard normal values: a control that ignores the score.',
  options: z.strictObject({}),
  make: () => random(),
});
