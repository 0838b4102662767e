export { expectTarget } from './function/check-axes.js';
export type { FunctionOptions } from './function/model-function.js';
export { type RowLayout, rowLayout } from './function/row-layout.js';
export type { ClassAxisChoice, RowSizes } from './function/selection.js';
export type { AxesTarget, AxisTarget, FlatTarget, Target } from './function/target.js';
export { countLayers } from './function/with-weights.js';
export { type InnerOptions, innerRow } from './internals/inner-row.js';
export { checkFeeds } from './model/feeds.js';
export { type GradientOptions, grad, gradientGraph } from './model/gradient.js';
export type { Model } from './model/model.js';
export { type OpenOptions, open } from './model/open.js';
export { rowNotices } from './model/row-notices.js';
export { type GraphStatistics, graphStatistics } from './model/statistics.js';
export {
  chooseDevice,
  type DeviceChoice,
  type ProviderReport,
  probe,
  probeDevice,
} from './providers/probe.js';
export type { BatchAxis, BatchAxisOption } from './rows/batch-axis.js';
export {
  type Evidence,
  expectLink,
  type GraphMeaning,
  graphMeaning,
  type MeaningOptions,
  type ObservedInput,
  type OutputMeaning,
  outputMeaning,
} from './score/meaning.js';
export { classes, type Prediction, type PredictOptions, predict } from './score/predict.js';
export { type ScoreOptions, score } from './score/score.js';
export { ortProducts } from './session/products.js';
export {
  type Device,
  openSession,
  ortSeconds,
  type Session,
  type SessionOptions,
} from './session/session.js';
export { type LoadedRuntime, onnxRuntimeVersion, useOnnxRuntime } from './session/used-runtime.js';
export {
  type Arrays,
  type Feed,
  type Feeds,
  type FloatPort,
  isFloatPort,
  type Port,
  toTensor,
} from './session/value.js';
