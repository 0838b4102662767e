/** All metrics. A line here puts one into the table, the law tests and the public names. */
export { infidelity } from './infidelity/infidelity.js';
export { sensitivityGradient } from './sensitivity/sensitivity-gradient.js';
export { sensitivityLipschitz } from './sensitivity/sensitivity-lipschitz.js';
export { sensitivityMax } from './sensitivity/sensitivity-max.js';
