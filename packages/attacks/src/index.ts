import { tableOf } from '@onnxplain/core';
import * as definitions from './definitions.js';

export * from './definitions.js';
export { paperCodeAttacks } from './paper-code.js';

/** Every attack by name. */
export const attacks = tableOf(definitions);
