/** The tables of the two papers as data, and the verdicts on what the papers claim. */
export {
  type ClaimVerdict,
  type JudgedCell,
  type JudgedClaim,
  type JudgedEstimate,
  type JudgedRecord,
  type Judgement,
  judge,
} from './judge.js';
export { mergeTables } from './merge.js';
export { paperNamed, papers, tableOf } from './papers.js';
export {
  addedClaims,
  betterThan,
  type Claim,
  type ExpressionByReading,
  expressionIn,
  type InputKind,
  type PaperName,
  type PaperNumber,
  type PaperTable,
  paperNames,
  type Reading,
  readings,
  type TableColumn,
  type TableModel,
  type TableRow,
} from './table.js';
