import { defineExplainer, once } from '@onnxplain/core';
import { fillBaseline } from '../baseline.js';
import { meanGradientOnPath, pathOptions } from './path.js';
import { quadratures } from './quadrature.js';

/**
 * The mean gradient on the straight path from the baseline to x: integrated gradients before they are multiplied by (x - baseline).
 * Local, in units of f per unit of x. Source: Sundararajan et al. 2017; the local form that [Y19] section 2.5 compares.
 */
export const pathGradient = defineExplainer({
  name: 'path-gradient',
  summary: 'Mean gradient on the straight path from a baseline (local form of integrated gradients).',
  options: pathOptions,
  positional: ['steps', 'rule', 'baseline'],
  promises: ['exact-on-linear'],
  make({ steps, rule, baseline }) {
    const quadrature = once(() => quadratures[rule](steps));
    return {
      kind: 'local',
      plannedCost: () => ({ forward: 0, backward: steps }),
      explain: async (f, x) => ({
        values: await meanGradientOnPath(f, { baseline: fillBaseline(baseline, x.shape), x }, quadrature()),
      }),
    };
  },
});
