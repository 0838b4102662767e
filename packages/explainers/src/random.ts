import { contentHash, defineExplainer, fold, stream, zeros } from '@onnxplain/core';

/**
 * Independent standard normal values that ignore the score: the control that every explanation has to beat. Local. The score is not
 * evaluated. The values depend on the key and on x, so that they change wherever x changes. Their key is folded with a name of its own, so
 * that they share no random numbers with the draws of a metric that has the same key.
 */
export const random = defineExplainer({
  name: 'random',
  summary: 'Standard normal values: a control that ignores the score.',
  options: {},
  make: () => ({
    kind: 'local',
    control: true,
    plannedCost: () => ({ forward: 0, backward: 0 }),
    async explain(_, x, key) {
      const values = zeros(x.shape);
      stream(fold(fold(key, 'random'), contentHash(x))).fillNormal(values.data);
      return { values };
    },
  }),
});
