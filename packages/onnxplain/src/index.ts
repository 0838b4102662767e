/** The whole library: all packages, the expression language, files, and the pipeline of the command line. */
export * from '@onnxplain/core';
// Names that two packages have: core's fold is of keys, graph's of constants; the interpreter goes by its own name.
export { fold } from '@onnxplain/core';
export * from '@onnxplain/explainers';
export {
  type Card,
  type CsvTable,
  cardOf,
  cardPath,
  decodePng,
  type Expected,
  encodePng,
  type LoadedCard,
  type LoadedImage,
  type LoadedInputs,
  loadImage,
  loadInputs,
  type NamedClass,
  type NamedInput,
  type NpyArray,
  type NpyForm,
  type PictureFields,
  type Preprocessing,
  pixelBounds,
  preprocessingFor,
  readCard,
  readCsv,
  readLabels,
  readNpy,
  readNpz,
  readVocabulary,
  type Source,
  sourcesOf,
  type Vocabulary,
  writeFolder,
  writeNpy,
  writeWhole,
} from '@onnxplain/files';
export * from '@onnxplain/graph';
export { evaluate as interpret, fold as foldConstants, tables as ruleTables } from '@onnxplain/graph';
export * from '@onnxplain/metrics';
export * from '@onnxplain/report';
export * from '@onnxplain/runtime';
export { type MainOptions, main } from './cli/program.js';
export { type Described, type DescribedOption, describe } from './expression/describe.js';
export { type Argument, type CallExpression, type Expression, parse } from './expression/parse.js';
export {
  catalogue,
  type MakeOptions,
  make,
  makeExplainer,
  makeMetric,
  makePerturbation,
  makeRules,
  tables,
} from './expression/registry.js';
export type { Kind, MadeOf, Rules, Table, Tables } from './expression/tables.js';
export { grad } from './grad.js';
export { type Drawing, drawAttribution } from './pipeline/draw.js';
export { type EvaluateOptions, type Evaluation, evaluate } from './pipeline/evaluate.js';
export { type ExplainOptions, type Explanation, explain, type RunProgress } from './pipeline/explain.js';
export { type FurtherInputs, type LoadedFeeds, loadFeeds } from './pipeline/feeds.js';
export { type Measurement, type MeasureOptions, measure } from './pipeline/measure.js';
export { type ModelOptions, type OpenedModel, openModel } from './pipeline/model.js';
export { type Notifier, notifierOf } from './pipeline/notices/run.js';
export type { Outcome } from './pipeline/outcome.js';
export { type Planned, planOf, queryOf } from './pipeline/plan.js';
export { type Prepared, type PrepareOptions, prepare } from './pipeline/prepare.js';
export {
  environmentOf,
  type Recorded,
  type RecordOptions,
  type RunResults,
  recordFrom,
  recordOf,
  version,
} from './pipeline/record.js';
export { type LedgerRun, type RunPlanOptions, runPlan } from './pipeline/run.js';
export { type QueryOptions, type ScoredInput, scoreInputs } from './pipeline/scored-input.js';
export { type SettledTarget, settleTarget, type TargetOption } from './pipeline/target.js';
export { perToken } from './pipeline/tokens.js';
