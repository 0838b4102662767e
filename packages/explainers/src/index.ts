import type { Definition, Explainer } from '@onnxplain/core';
import { gradientEntry } from './gradient.js';
import { attentionRolloutEntry } from './layer/attention-rollout.js';
import { gradCamEntry, layerAttributionEntry } from './layer/grad-cam.js';
import { occlusionEntry } from './occlusion/occlusion.js';
import { optimalEntry } from './optimal/optimal.js';
import { integratedGradientsEntry } from './path/integrated-gradients.js';
import { pathGradientEntry } from './path/path-gradient.js';
import { randomEntry } from './random.js';
import { deepLiftEntry } from './rules/deep-lift.js';
import { lrpEntry } from './rules/lrp.js';
import { deconvolutionEntry, guidedBackpropEntry } from './rules/rectified.js';
import { smoothEntry } from './smooth/smooth.js';
import { timesInputEntry } from './times-input.js';

export type { Extent } from '@onnxplain/core';
export type { Baseline } from './baseline.js';
export { gradient } from './gradient.js';
export { type AttentionRolloutOptions, attentionRollout } from './layer/attention-rollout.js';
export {
  type GradCamOptions,
  gradCam,
  gradCamMap,
  type LayerMapOptions,
  layerAttribution,
  layerAttributionMap,
} from './layer/grad-cam.js';
export type { SpreadOptions } from './layer/spread.js';
export { type Upsampling, upsample } from './layer/upsample.js';
export { type OcclusionOptions, occlusion } from './occlusion/occlusion.js';
export { type OptimalOptions, optimal } from './optimal/optimal.js';
export { paperCodeExplainers } from './paper-code.js';
export { integratedGradients } from './path/integrated-gradients.js';
export type { PathOptions } from './path/path.js';
export { pathGradient } from './path/path-gradient.js';
export { type QuadratureRule, quadratureRules } from './path/quadrature.js';
export { random } from './random.js';
export { type DeepLiftOptions, deepLift } from './rules/deep-lift.js';
export { type LrpOptions, type LrpRuleName, lrp, lrpRules } from './rules/lrp.js';
export { deconvolution, guidedBackprop } from './rules/rectified.js';
export { type SmoothOptions, type SmoothStatistic, smooth } from './smooth/smooth.js';
export { type TimesInputOptions, timesInput } from './times-input.js';

/** Every explainer by name. */
export const explainers: Readonly<Record<string, Definition<Explainer>>> = {
  gradient: gradientEntry,
  'times-input': timesInputEntry,
  'path-gradient': pathGradientEntry,
  'integrated-gradients': integratedGradientsEntry,
  'guided-backprop': guidedBackpropEntry,
  deconvolution: deconvolutionEntry,
  'deep-lift': deepLiftEntry,
  lrp: lrpEntry,
  'grad-cam': gradCamEntry,
  'layer-attribution': layerAttributionEntry,
  'attention-rollout': attentionRolloutEntry,
  smooth: smoothEntry,
  occlusion: occlusionEntry,
  optimal: optimalEntry,
  random: randomEntry,
};
