import type { Definition, Metric } from '@onnxplain/core';
import { infidelityEntry } from './infidelity/infidelity.js';
import { sensitivityGradientEntry } from './sensitivity/sensitivity-gradient.js';
import { sensitivityLipschitzEntry } from './sensitivity/sensitivity-lipschitz.js';
import { sensitivityMaxEntry } from './sensitivity/sensitivity-max.js';

export type { Scale } from './infidelity/error.js';
export { type InfidelityOptions, infidelity } from './infidelity/infidelity.js';
export { paperCode } from './paper-code.js';
export type { BallOptions } from './sensitivity/ball.js';
export type { Noise } from './sensitivity/noise.js';
export type { SensitivityOptions } from './sensitivity/sensitivity.js';
export { type SensitivityGradientOptions, sensitivityGradient } from './sensitivity/sensitivity-gradient.js';
export {
  type SensitivityLipschitzOptions,
  sensitivityLipschitz,
} from './sensitivity/sensitivity-lipschitz.js';
export { type SensitivityMaxOptions, sensitivityMax } from './sensitivity/sensitivity-max.js';

/** Every metric by name. */
export const metrics: Readonly<Record<string, Definition<Metric>>> = {
  infidelity: infidelityEntry,
  'sensitivity-max': sensitivityMaxEntry,
  'sensitivity-lipschitz': sensitivityLipschitzEntry,
  'sensitivity-gradient': sensitivityGradientEntry,
};
