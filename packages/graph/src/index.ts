export type { Ask } from './ask.js';
export { builderOf, emptyBuilder } from './build.js';
export * from './builder.js';
export { canonicalise } from './canonical/canonicalise.js';
export type { Evaluator } from './canonical/evaluator.js';
export { type FoldOptions, fold } from './canonical/fold.js';
export { type Coverage, coverage } from './coverage.js';
export { type NumArray, numArray } from './eval/array.js';
export { type EvaluateOptions, evaluate } from './eval/evaluate.js';
export { constantFrom, numbersOf } from './eval/numbers.js';
export { type Flatness, flatnessOf } from './flatness.js';
export { type GradOptions, grad } from './grad.js';
export { type HeldByGraph, type Holds, holdsOf } from './holds/holds.js';
export type { Logits } from './holds/logits.js';
export { hvp } from './hvp.js';
export { infer } from './infer/infer.js';
export { jvp } from './jvp.js';
export { bytesOf, type Chunks } from './onnx/chunks.js';
export { codeOf } from './onnx/element.js';
export { type External, externalData, type Piece } from './onnx/external.js';
export { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './onnx/half.js';
export { defaultLimits, type Limits } from './onnx/limits.js';
export { type ReadOptions, read } from './onnx/read.js';
export { weightBytes, write, writeChunks } from './onnx/write.js';
export { type ExternalModel, type ExternalOptions, writeExternal } from './onnx/write-external.js';
export * from './ops.js';
export { rectifiersOf } from './rectifiers.js';
export {
  type Row,
  type Rows as RuleRows,
  type Rule,
  type RuleTable,
  refused,
  type Step,
  zero,
} from './rules/rule.js';
export { graphsOf } from './scope.js';
export { type RuleTableName, ruleTable, ruleTables, tables } from './tables/index.js';
export { composite, layers } from './tables/lrp/composite.js';
export type { Layer } from './tables/lrp/layer.js';
export type { Part } from './tables/lrp/rows.js';
export * from './tables/lrp/rule.js';
export { attentionMaps } from './transform/attention.js';
export {
  type BatchFirst,
  emitRowsFirst,
  inFront,
  inputBatchFirst,
  outputBatchFirst,
  type RowAxis,
} from './transform/batch-first.js';
export { channelAxes, layoutIn } from './transform/channels.js';
export { type ClassAxis, type ClassAxisOptions, classAxisOf } from './transform/class-axis.js';
export { cut, upTo } from './transform/cut.js';
export type { Derived } from './transform/derived.js';
export { equalSizes } from './transform/equal-sizes.js';
export { type Freed, freeBatch } from './transform/free-batch.js';
export { inline } from './transform/inline.js';
export { type LinkAlongOptions, linkAlong } from './transform/link-along.js';
export { type Lookup, lookupsOf } from './transform/lookups.js';
export { mergeAffine } from './transform/merge-affine.js';
export { takesMissing, undirectedTrees } from './transform/missing.js';
export { type Observation, undetermined, withObserved } from './transform/observed.js';
export { prune } from './transform/prune.js';
export { drawsOf } from './transform/random.js';
export { type Mixing, type RowFlow, rowFlow } from './transform/row-flow.js';
export type { MixingKind } from './transform/row-mixers.js';
export { rowWise } from './transform/row-wise.js';
export { type Link, type SelectOptions, select } from './transform/select.js';
export { shareCommon } from './transform/share-common.js';
export { type AxisTake, type TakeOptions, takeAxes } from './transform/take-axes.js';
export * from './types.js';
export { foreign, verify } from './verify.js';
export { vjp } from './vjp.js';
