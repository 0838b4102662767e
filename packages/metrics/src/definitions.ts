/** All metrics. A line here puts one into the table, the law tests and the public names. */
export { completeness } from './completeness/completeness.js';
export { betterThanChance } from './control/better-than-chance.js';
export { infidelity } from './infidelity/infidelity.js';
export { sensitivityN } from './infidelity/sensitivity-n.js';
export { randomisedWeights } from './randomisation/randomised-weights.js';
export { deletion } from './ranking/deletion.js';
export { insertion } from './ranking/insertion.js';
export { attributionShare } from './relevance/attribution-share.js';
export { meanAveragePrecision } from './relevance/mean-average-precision.js';
export { precisionAtK } from './relevance/precision-at-k.js';
export { robustnessComplement } from './robustness/robustness-complement.js';
export { robustnessSet } from './robustness/robustness-set.js';
export { sensitivityGradient } from './sensitivity/sensitivity-gradient.js';
export { sensitivityLipschitz } from './sensitivity/sensitivity-lipschitz.js';
export { sensitivityMax } from './sensitivity/sensitivity-max.js';
export { setSensitivity } from './sensitivity/set-sensitivity.js';
