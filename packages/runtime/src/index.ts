export { type Census, census } from './census.js';
export { checkFeeds } from './feeds.js';
export { type GradientOptions, grad, gradientGraph } from './gradient.js';
export { type InnerOptions, innerRow } from './inner.js';
export { type IsolateOptions, type Job, runIsolated } from './isolate.js';
export type { Model } from './model.js';
export { type OpenOptions, open } from './open.js';
export { classes, type Prediction, type PredictOptions, predict } from './predict.js';
export { type Placement, type ProviderReport, place, probe, probeDevice } from './probe.js';
export { ortProducts } from './products.js';
export type { BatchAxis, BatchAxisOption } from './rows/batch-axis.js';
export { rowNotices } from './rows/notices.js';
export { type RowLayout, rowLayout } from './rows/row-layout.js';
export { expectTarget } from './score/check-axes.js';
export type { ClassAxisChoice } from './score/class-axis.js';
export type { RowSizes } from './score/classes.js';
export {
  type Evidence,
  expectLink,
  type MeaningOptions,
  type ObservedInput,
  type OutputMeaning,
  outputMeaning,
  type ShownMeaning,
  shownMeaning,
} from './score/meaning.js';
export type { QuestionOptions } from './score/question.js';
export { type ScoreOptions, score } from './score/score.js';
export type { AxesTarget, AxisTarget, FlatTarget, Target } from './score/target.js';
export { type Device, openSession, ortSeconds, type Session, type SessionOptions } from './session.js';
export {
  type Arrays,
  type Feed,
  type Feeds,
  type FloatPort,
  isFloatPort,
  type Port,
  toTensor,
} from './value.js';
