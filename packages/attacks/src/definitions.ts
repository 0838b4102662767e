/** All attacks. A line here puts one into the table, the law tests and the public names. */

export { decision } from './decision/decision.js';
export { ddn } from './fmn/ddn.js';
export { fmn } from './fmn/fmn.js';
export { minimum } from './minimum.js';
export { pgd } from './pgd/pgd.js';
export { sqp } from './sqp/sqp.js';
