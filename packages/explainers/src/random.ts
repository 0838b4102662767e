import { type Explainer, entry, stream, z, zeros } from '@onnxplain/core';
import { explainer } from './explainer.js';

/**
 * Independent standard normal values that know nothing of the score: the control that every explanation has to beat.
 * Local; the values depend on the key only. Evaluates nothing.
 */
export function random(): Explainer {
  return explainer({ expression: 'random', kind: 'local' }, async (_f, x, key) => {
    const values = zeros(x.shape);
    stream(key).fillNormal(values.data);
    return { values, cost: { forward: 0, backward: 0 } };
  });
}

export const randomEntry = entry({
  name: 'random',
  summary: 'Standard normal values: a control that ignores the score.',
  options: z.strictObject({}),
  make: () => random(),
});
