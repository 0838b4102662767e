import { tableOf } from '@onnxplain/core';
import * as definitions from './definitions.js';

export type { Extent } from '@onnxplain/core';
export type { Baseline } from './baseline.js';
export * from './definitions.js';
export { gradCamMap, type LayerMapOptions, layerAttributionMap } from './layer/grad-cam.js';
export { type Upsampling, upsample } from './layer/upsample.js';
export { paperCodeExplainers } from './paper-code.js';
export { type QuadratureRule, quadratureRules } from './path/quadrature.js';
export { type LrpRuleName, lrpRules } from './rules/lrp.js';
export type { SmoothStatistic } from './smooth/smooth.js';

/** Every explainer by name. */
export const explainers = tableOf(definitions);
