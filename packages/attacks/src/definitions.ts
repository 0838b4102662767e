/** All attacks. A line here puts one into the table, the law tests and the public names. */
export { sqp } from './sqp/sqp.js';
