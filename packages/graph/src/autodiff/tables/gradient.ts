import { entry, z } from '@onnxplain/core';
import { averageBeforeConv } from '../../prepare/average-before-conv.js';
import { gatherEarly } from '../../prepare/gather-early.js';
import { lastState } from '../../prepare/last-state.js';
import { nestConcats } from '../../prepare/nest-concats.js';
import { poolBeforeRelu } from '../../prepare/pool-before-relu.js';
import { gradient as rows } from '../rules/gradient.js';
import type { RuleTable } from '../rules/rule.js';

/** The derivative, with PyTorch's conventions at kinks and ties (SUBGRADIENTS.md). */
export const gradient = entry({
  name: 'gradient',
  summary: 'The derivative.',
  options: z.strictObject({}),
  make: (): RuleTable => ({
    ...rows,
    name: 'gradient',
    prepare: (graph, kept) => {
      const pooled = averageBeforeConv(poolBeforeRelu(graph, kept), kept);
      return nestConcats(gatherEarly(lastState(pooled, kept), kept));
    },
  }),
});
