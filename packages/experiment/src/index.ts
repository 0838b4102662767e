/** A run as data: a plan names every cell, a ledger keeps what was computed. */
export { decode, type Encoded, encode, type Json } from './codec.js';
export { type Ledger, type LedgerOptions, openLedger } from './ledger.js';
export type { LedgerLine } from './lines.js';
export {
  type Cell,
  cellName,
  cellsOf,
  PLAN_VERSION,
  type Plan,
  parsePlan,
  planDifferences,
  type Query,
} from './plan.js';
export { type CellProgress, type CellResult, type CellRunOptions, runCells } from './run.js';
