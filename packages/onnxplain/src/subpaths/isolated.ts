/** Functions that run in a process of their own, which a model cannot take down with the caller. */
export { type Isolated, isolated } from '../isolated/isolated.js';
export type { ProcessLimits } from '../isolated/watch.js';
