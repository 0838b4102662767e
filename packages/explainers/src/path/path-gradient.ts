import { type Explainer, entry, parseOptions } from '@onnxplain/core';
import { fillBaseline } from '../baseline.js';
import { explainer } from '../explainer.js';
import { meanGradientOnPath, type PathOptions, pathOptions, showPath } from './path.js';

/**
 * Mean gradient on the straight path from the baseline to x: integrated gradients before the product with (x - baseline).
 * Local, units of f per unit of x. Source: Sundararajan et al. 2017; the local form that [Y19] section 2.5 compares.
 */
export function pathGradient(given: PathOptions = {}): Explainer {
  const settings = parseOptions('path-gradient', pathOptions, { ...given });
  const { steps, rule, baseline } = settings;
  const identity = {
    expression: showPath('path-gradient', settings),
    kind: 'local',
  } as const;
  return explainer(identity, async (f, x) => ({
    values: await meanGradientOnPath(f, { baseline: fillBaseline(baseline, x.shape), x }, { steps, rule }),
    cost: { forward: 0, backward: steps },
  }));
}

export const pathGradientEntry = entry({
  name: 'path-gradient',
  summary: 'Mean gradient on the straight path from a baseline (local form of integrated gradients).',
  positional: ['steps', 'rule', 'baseline'],
  options: pathOptions,
  make: pathGradient,
});
