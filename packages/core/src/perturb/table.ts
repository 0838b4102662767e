import { tableOf } from '../define/table.js';
import * as definitions from './definitions.js';

/** Every perturbation by name. */
export const perturbations = tableOf(definitions);
