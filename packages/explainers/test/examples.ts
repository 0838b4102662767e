import { type Explainer, gaussian, ridge, smoothMasks, square, subset, uniform } from '@onnxplain/core';
import {
  deepLift,
  expectedGradients,
  featurePermutation,
  gradCam,
  gradient,
  gradientShap,
  guidedBackprop,
  integratedGradients,
  kernelShap,
  leaveOneOut,
  lime,
  lrp,
  occlusion,
  optimal,
  pathGradient,
  random,
  rise,
  shapley,
  smooth,
  timesInput,
} from '../src/index.js';

/** An explainer and what it promises. */
export interface Example {
  readonly explainer: Explainer;
  /** Exact on linear scores: w when local, w·(x - baseline) when global. */
  readonly exactOnLinear: boolean;
  /** The residual is the whole gap f(x) - f(baseline) - sum, and 0 on quadratic scores. */
  readonly complete?: boolean;
  /** The same explainer with layout=hwc, where the layout makes a difference. */
  readonly hwc?: Explainer;
}

const baseline = 0.25;

/** More examples than those of the definitions, for inputs of shape [2, 3, 4]. */
export const examples: readonly Example[] = [
  { explainer: timesInput(gradient(), { baseline }), exactOnLinear: true },
  { explainer: pathGradient({ steps: 10, rule: 'left', baseline }), exactOnLinear: true },
  { explainer: integratedGradients({ steps: 7 }), exactOnLinear: true, complete: true },
  {
    explainer: integratedGradients({ steps: 7, rule: 'midpoint', baseline }),
    exactOnLinear: true,
    complete: true,
  },
  { explainer: integratedGradients({ steps: 5, rule: 'trapezoid' }), exactOnLinear: true, complete: true },
  { explainer: integratedGradients({ steps: 5, rule: 'left' }), exactOnLinear: true },
  { explainer: integratedGradients({ steps: 5, rule: 'right' }), exactOnLinear: true },
  { explainer: timesInput(guidedBackprop()), exactOnLinear: true },
  { explainer: smooth(guidedBackprop(), gaussian({ sigma: 0.3 }), { draws: 9 }), exactOnLinear: true },
  { explainer: lrp({ rule: 'epsilon', epsilon: 0.1, first: 'flat' }), exactOnLinear: true },
  { explainer: deepLift({ baseline }), exactOnLinear: true, complete: true },
  { explainer: gradCam({ layer: 'pooled', relu: true, upsample: 'nearest' }), exactOnLinear: false },
  { explainer: timesInput(smooth(gradient(), uniform({ radius: 0.2 }), { draws: 9 })), exactOnLinear: true },
  {
    explainer: smooth(integratedGradients({ steps: 3 }), uniform({ radius: 0.2 }), { draws: 9 }),
    exactOnLinear: false,
  },
  {
    explainer: smooth(gradient(), uniform({ radius: 0.2 }), { draws: 9, statistic: 'variance' }),
    exactOnLinear: false,
  },
  {
    explainer: smooth(gradient(), uniform({ radius: 0.2 }), { draws: 9, statistic: 'mean-square' }),
    exactOnLinear: false,
  },
  {
    explainer: smooth(gradient(), square({ size: 2, positions: 'all' })),
    exactOnLinear: true,
    hwc: smooth(gradient(), square({ size: 2, positions: 'all', layout: 'hwc' })),
  },
  { explainer: occlusion({ window: [1, 1, 1] }), exactOnLinear: true },
  { explainer: leaveOneOut({ baseline }), exactOnLinear: true },
  {
    explainer: leaveOneOut({ features: [1, 2] }),
    exactOnLinear: false,
    hwc: leaveOneOut({ features: [1, 2], layout: 'hwc' }),
  },
  { explainer: kernelShap({ samples: 100, baseline }), exactOnLinear: true },
  {
    explainer: kernelShap({ features: [1, 2] }),
    exactOnLinear: false,
    hwc: kernelShap({ features: [1, 2], layout: 'hwc' }),
  },
  { explainer: shapley({ samples: 100, baseline }), exactOnLinear: true },
  {
    explainer: shapley({ features: [1, 2] }),
    exactOnLinear: false,
    hwc: shapley({ features: [1, 2], layout: 'hwc' }),
  },
  { explainer: lime({ samples: 100, baseline }), exactOnLinear: true },
  {
    explainer: lime({ features: [1, 2], solver: ridge(0.1) }),
    exactOnLinear: false,
    hwc: lime({ features: [1, 2], solver: ridge(0.1), layout: 'hwc' }),
  },
  { explainer: featurePermutation({ background: [0] }), exactOnLinear: true },
  { explainer: rise({ masks: subset(), draws: 40 }), exactOnLinear: false },
  {
    explainer: rise({ masks: smoothMasks({ cells: 2 }), draws: 20 }),
    exactOnLinear: false,
    hwc: rise({ masks: smoothMasks({ cells: 2, layout: 'hwc' }), draws: 20 }),
  },
  { explainer: expectedGradients({ background: [-1, 0.5, 2], draws: 7 }), exactOnLinear: false },
  { explainer: gradientShap({ background: [-1, 0.5, 2], sigma: 0.2, draws: 7 }), exactOnLinear: false },
  {
    explainer: smooth(leaveOneOut({ features: 'pixels' }), gaussian({ sigma: 0.2 }), { draws: 5 }),
    exactOnLinear: false,
  },
  { explainer: optimal(subset(), { draws: 80 }), exactOnLinear: true },
  {
    explainer: optimal(square({ size: 2 }), { draws: 12 }),
    exactOnLinear: false,
    hwc: optimal(square({ size: 2, layout: 'hwc' }), { draws: 12 }),
  },
  {
    explainer: timesInput(optimal(gaussian({ sigma: 0.3 }), { draws: 60, solver: ridge(1e-3) })),
    exactOnLinear: false,
  },
  { explainer: smooth(random(), subset(), { draws: 5 }), exactOnLinear: false },
];
