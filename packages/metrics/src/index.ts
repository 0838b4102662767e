import { tableOf } from '@onnxplain/core';
import * as definitions from './definitions.js';

export * from './definitions.js';
export type { Scale } from './infidelity/error.js';
export { paperCode } from './paper-code.js';
export type { Noise } from './sensitivity/noise.js';

/** Every metric by name. */
export const metrics = tableOf(definitions);
