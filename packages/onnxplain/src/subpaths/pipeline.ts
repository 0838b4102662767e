/** The parts of the command line: the expression language, the steps from files to results, the record of a run, and `main`. */
export { type MainOptions, main } from '../cli/program.js';
export { type Described, type DescribedOption, describe } from '../expression/describe.js';
export { type Argument, type CallExpression, type Expression, parse } from '../expression/parse.js';
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
export { type Drawing, drawAttribution } from '../pipeline/draw.js';
export { type EvaluateInputsOptions, type Evaluation, evaluateInputs } from '../pipeline/evaluate.js';
export {
  type ExplainInputsOptions,
  type Explanation,
  explainInputs,
  type RunProgress,
} from '../pipeline/explain.js';
export { type FurtherInputs, type LoadedFeeds, loadFeeds } from '../pipeline/feeds.js';
export { type Measurement, type MeasureOptions, measure } from '../pipeline/measure.js';
export { type ModelOptions, type OpenedModel, openModel } from '../pipeline/model.js';
export { type Notifier, notifierOf } from '../pipeline/notices/run.js';
export type { Outcome } from '../pipeline/outcome.js';
export { type Planned, planOf, queryOf } from '../pipeline/plan.js';
export {
  environmentOf,
  type Recorded,
  type RecordOptions,
  type RunResults,
  recordFrom,
  recordOf,
  version,
} from '../pipeline/record.js';
export { type LedgerRun, type RunPlanOptions, runPlan } from '../pipeline/run.js';
export { type QueryOptions, type ScoredInput, scoreInputs } from '../pipeline/scored-input.js';
export { type SettledTarget, settleTarget, type TargetOption } from '../pipeline/target.js';
export { perToken } from '../pipeline/tokens.js';
