/** A run as data: a plan names every cell, and a ledger keeps the results. */
export { type AppendOptions, type CellStore, memoryStore } from './cell-store.js';
export { decode, type Encoded, encode, type Json } from './codec.js';
export { isFinished, type Ledger } from './ledger.js';
export type { LedgerLine } from './lines.js';
export { holdsCells, type LedgerOptions, openLedger } from './open.js';
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
export { type CellProgress, type CellResult, type CellRunOptions, pooled, runCells } from './run.js';
