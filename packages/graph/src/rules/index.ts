export { tables } from '../tables/index.js';
