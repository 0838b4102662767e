/** The parts of the command line: the expression language, the steps from files to results, the record of a run, and `main`. */
export { type MainOptions, main } from '../cli/program.js';
export { type Described, type DescribedOption, describe } from '../expression/describe.js';
export { type Argument, type CallExpression, type Expression, parse } from '../expression/parse.js';
export type { Plugin, PluginSource } from '../expression/plugin.js';
export {
  type MakeOptions,
  makeExplainer,
  makeMetric,
  makePerturbation,
  makeRules,
  tables,
} from '../expression/registry.js';
export type { Kind, MadeOf, Rules, Table, Tables } from '../expression/tables.js';
export type { InputEvaluation, MeasuredResult } from '../library/evaluate.js';
export type { ExplainerResult, InputExplanation } from '../library/explain.js';
export { type ModelOptions, type OpenedModel, openModel } from '../pipeline/model.js';
export { factsOfExplanations, type Notifier, notifierOf } from '../pipeline/notices/notifier.js';
export type { QueryArrays, TargetMask } from '../pipeline/query/arrays.js';
export {
  type ClassLabels,
  type QueriedInputs,
  type QueryOptions,
  type QueryTarget,
  queryInputs,
} from '../pipeline/query/query.js';
export {
  type InputScore,
  type ScoredInput,
  type ScoreRunOptions,
  scoreOf,
  scoresOf,
} from '../pipeline/query/score-inputs.js';
export { type SettledTarget, settleTarget, type TargetOption } from '../pipeline/query/target.js';
export { type FurtherInputs, type LoadedFeeds, loadFeeds } from '../pipeline/read/feeds.js';
export { type Drawing, drawAttribution } from '../pipeline/record/draw.js';
export { environmentOf } from '../pipeline/record/environment.js';
export {
  type Recorded,
  type RecordOptions,
  type RunResults,
  recordFrom,
  recordOf,
} from '../pipeline/record/record.js';
export {
  type EvaluateInputsOptions,
  type Evaluation,
  type ExplainInputsOptions,
  type Explanation,
  evaluateInputs,
  explainInputs,
  measure,
  type RunProgress,
} from '../pipeline/run/evaluate.js';
export { type LedgerRun, type RunPlanOptions, runPlan } from '../pipeline/run/ledger-run.js';
export type { Measurement } from '../pipeline/run/measure-input.js';
export type { Outcome } from '../pipeline/run/outcome.js';
export { type PlanOptions, planOf } from '../pipeline/run/plan.js';
export { perToken } from '../pipeline/tokens.js';
export { version } from '../version.js';
