export { type Certified, certifiedRadius } from './analysis/certified/radius.js';
export type { Region } from './analysis/certified/region.js';
export { type Affine, type ReluLayers, reluLayersOf } from './analysis/certified/relu-layers.js';
export { channelAxes, layoutIn } from './analysis/channels.js';
export { type ClassAxis, type ClassAxisOptions, classAxisOf } from './analysis/class-axis.js';
export { takesMissing, treesWithDefaultMissingBranch } from './analysis/missing-values.js';
export { type NotFinite, notFiniteConstants } from './analysis/not-finite.js';
export type { Logits } from './analysis/output-kind/logits.js';
export { type OutputKind, outputKindOf, type ShownOutputKind } from './analysis/output-kind/output-kind.js';
export { type Mixing, type RowFlow, rowFlow } from './analysis/row-flow.js';
export type { MixingKind } from './analysis/row-mixing.js';
export { workOf } from './analysis/work.js';
export { type Coverage, coverage } from './autodiff/coverage.js';
export { type Flatness, flatnessOf } from './autodiff/flatness.js';
export { type GradOptions, grad } from './autodiff/grad.js';
export { hvp } from './autodiff/hvp.js';
export { jvp } from './autodiff/jvp.js';
export { type Lookup, lookupsOf } from './autodiff/lookups.js';
export { rectifiersOf } from './autodiff/rectifiers.js';
export type { GradRequest } from './autodiff/request.js';
export {
  type Rule,
  type RuleContext,
  type RuleEntries,
  type RuleEntry,
  type RuleTable,
  refused,
  zero,
} from './autodiff/rules/rule.js';
export { type RuleTableName, ruleTable, ruleTables, tables } from './autodiff/tables/index.js';
export { composite, layers } from './autodiff/tables/lrp/composite.js';
export type { Layer } from './autodiff/tables/lrp/layer.js';
export type { LayerRule } from './autodiff/tables/lrp/rows.js';
export * from './autodiff/tables/lrp/rule.js';
export { vjp } from './autodiff/vjp.js';
export { builderOf, emptyBuilder } from './builder/build.js';
export * from './builder/builder.js';
export { canonicalise } from './canonical/canonicalise.js';
export type { Evaluator } from './canonical/fold/evaluator.js';
export { type FoldOptions, fold } from './canonical/fold/fold.js';
export { infer } from './infer/infer.js';
export { type NumArray, numArray } from './interpreter/array.js';
export { type InterpreterOptions, interpret } from './interpreter/interpret.js';
export { bytesOf, type Chunks } from './io/chunks.js';
export { type ExternalRange, type ExternalReader, externalData } from './io/external.js';
export { defaultLimits, type Limits } from './io/limits.js';
export { type ReadOptions, read } from './io/read.js';
export { weightBytes, write, writeChunks } from './io/write.js';
export { type ExternalModel, type ExternalOptions, writeExternal } from './io/write-external.js';
export { constantFrom, numbersOf } from './ir/constant.js';
export { emptyGraph } from './ir/empty-graph.js';
export * from './ir/ops.js';
export { describe as describeNode } from './ir/scope.js';
export * from './ir/types.js';
export { foreign, verify } from './ir/verify.js';
export { graphsOf } from './ir/walk.js';
export {
  type LoweringPass,
  type LoweringPassName,
  lower,
  loweringPasses,
  loweringTargets,
} from './lower/lower.js';
export { type LoweringTarget, loweringTargetNames } from './lower/targets.js';
export { mergeAffine } from './prepare/merge-affine.js';
export { eliminateCommonSubexpressions } from './rewrite/common-subexpressions.js';
export { inline } from './rewrite/inline.js';
export { prune } from './rewrite/prune.js';
export { attentionMaps } from './surgery/attention-maps.js';
export {
  type BatchFirst,
  dimsBatchFirst,
  emitBatchFirst,
  inputBatchFirst,
  outputBatchFirst,
} from './surgery/batch-first.js';
export { cut, upTo } from './surgery/cut.js';
export { fixNumbers, fixShapes, type InputNumbers, type InputShapes } from './surgery/fix-inputs.js';
export { type WithFloatInput, withFloatInput } from './surgery/float-input.js';
export { type Freed, freeBatch } from './surgery/free-batch.js';
export { type LinkAlongOptions, linkAlong } from './surgery/link-along.js';
export {
  type Observation,
  undetermined,
  valuesWithoutType,
  withObserved,
  withObservedTypes,
} from './surgery/observed.js';
export { divideRows, valueWithOneRowPerInput } from './surgery/one-row-per-input.js';
export { randomNodes } from './surgery/random-nodes.js';
export { countWeightLayers, randomiseWeights } from './surgery/randomise-weights.js';
export { type Link, type SelectOptions, select } from './surgery/select.js';
export { type AxisTake, type TakeOptions, takeAxes } from './surgery/take-axes.js';
export { unifySymbols } from './surgery/unify-symbols.js';
export type { ExtendedGraph } from './surgery/with-output.js';
