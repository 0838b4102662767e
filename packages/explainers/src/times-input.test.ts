import { defineExplainer, gaussian, key, linearScore, quadraticScore, tensor } from '@onnxplain/core';
import { describe, expect, it } from 'vitest';
import { gradient } from './gradient.js';
import { attentionRollout } from './layer/attention-rollout.js';
import { integratedGradients } from './path/integrated-gradients.js';
import { smooth } from './smooth/smooth.js';
import { timesInput } from './times-input.js';

const x = tensor([1, -2], [2]);

describe('times-input', () => {
  it('multiplies by the distance from the baseline', async () => {
    const f = linearScore(tensor([3, 5], [2]));
    expect([...(await timesInput(gradient())(f, x, key(0))).values.data]).toEqual([3, -10]);
    const from = timesInput(gradient(), { baseline: tensor([1, 1], [2]) });
    expect([...(await from(f, x, key(0))).values.data]).toEqual([0, -15]);
  });

  it('scales standard errors by the size of that distance', async () => {
    const f = quadraticScore(tensor([1, 2, 2, 4], [2, 2]), tensor([0, 0], [2]));
    const inner = smooth(gradient(), gaussian({ sigma: 1 }), { draws: 10 });
    const [local, global] = [await inner(f, x, key(0)), await timesInput(inner)(f, x, key(0))];
    expect(global.stderr?.data[0]).toBe(local.stderr?.data[0]);
    expect(global.stderr?.data[1]).toBe(2 * (local.stderr?.data[1] ?? Number.NaN));
  });

  it('keeps the details of the inner explanation', async () => {
    const inner = defineExplainer({
      name: 'detailed',
      summary: 'Ones with a detail.',
      options: {},
      make: () => ({
        kind: 'local',
        explain: async (_, at) => ({ values: at, details: { found: 2 }, cost: { forward: 0, backward: 0 } }),
      }),
    })();
    const f = linearScore(tensor([3, 5], [2]));
    expect((await timesInput(inner)(f, x, key(0))).details).toEqual({ found: 2 });
  });

  it('refuses a global inner explanation, and a ranking', () => {
    for (const inner of [integratedGradients(), timesInput(gradient()), attentionRollout()]) {
      expect(() => timesInput(inner)).toThrow(expect.objectContaining({ code: 'kind-mismatch' }));
    }
  });
});
