import { tableOf } from '@onnxplain/core';
import * as definitions from './definitions.js';

export * from './definitions.js';
export type { Scale } from './infidelity/error.js';
export { paperCode } from './paper-code.js';
export type { Noise } from './sensitivity/noise.js';

export {
  type SmoothedInfidelity,
  type SmoothedInfidelityOptions,
  smoothedInfidelity,
} from './smoothing/smoothed-infidelity.js';
export {
  type SmoothedSensitivity,
  type SmoothedSensitivityOptions,
  smoothedSensitivity,
} from './smoothing/smoothed-sensitivity.js';

/** Every metric by name. */
export const metrics = tableOf(definitions);
