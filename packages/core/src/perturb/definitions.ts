/** All perturbations. A line here puts one into the table, the law tests and the public names. */
export { differenceToBaseline, noisyBaseline } from './baseline.js';
export { fixed } from './fixed.js';
export { gaussian, uniform } from './noise.js';
export { square } from './square.js';
export { subset } from './subset.js';
