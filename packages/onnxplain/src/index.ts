/**
 * The names that most programs need. Everything else is under `onnxplain/core`, `/graph`, `/runtime`, `/explainers`, `/metrics`,
 * `/report`, `/files`, `/experiment` and `/pipeline`.
 */
export {
  type Attribution,
  type BackwardRules,
  defineAttack,
  defineExplainer,
  defineMetric,
  definePerturbation,
  difference,
  drawEach,
  type Estimate,
  type Explainer,
  functionScore,
  gaussian,
  interval,
  type Key,
  key,
  type Measured,
  type Metric,
  noisyBaseline,
  OnnxplainError,
  option,
  type Perturbation,
  type Score,
  square,
  type Tensor,
  tensor,
  uniform,
} from '@onnxplain/core';
export {
  deepLift,
  gradCam,
  gradient,
  guidedBackprop,
  integratedGradients,
  lrp,
  occlusion,
  optimal,
  smooth,
  timesInput,
} from '@onnxplain/explainers';
export { infidelity, sensitivityMax } from '@onnxplain/metrics';
export { formatEstimate } from '@onnxplain/report';
export {
  type Model,
  type OpenOptions,
  open,
  type Prediction,
  predict,
  type ScoreOptions,
  score,
} from '@onnxplain/runtime';
export { loadPlugins } from './expression/load-plugin.js';
export { catalogue, make } from './expression/registry.js';
export { grad } from './grad.js';
export { type EvaluateOptions, type EvaluateResult, evaluate } from './library/evaluate.js';
export { type ExplainOptions, type ExplainResult, explain } from './library/explain.js';
export { prepare } from './library/prepare.js';
export type { Prepared } from './pipeline/prepare.js';
export type { PrepareOptions } from './pipeline/prepare-options.js';
export { scoresOf } from './pipeline/query/score-inputs.js';
