/** All perturbations. A line here puts one into the table, the law tests and the public names. */
export { differenceToBaseline, noisyBaseline } from './baseline.js';
export { boxes, halves } from './boxes.js';
export { coalitions } from './coalitions.js';
export { coordinate } from './coordinate.js';
export { fixed } from './fixed.js';
export { mixture } from './mixture.js';
export { gaussian, truncatedNormal, uniform } from './noise.js';
export { sets, storedMasks } from './sets.js';
export { sizedSubset } from './sized-subset.js';
export { smoothMasks } from './smooth-masks.js';
export { square } from './square.js';
export { singletons, subset } from './subset.js';
export { weighted } from './weighted.js';
