export { counted } from './counted.js';
export { type AttackRecipe, defineAttack } from './define/attack.js';
export type { Found } from './define/attack-proof.js';
export type {
  ArgumentsOf,
  Defined,
  Definition,
  Factory,
  OptionShape,
  OptionsOf,
  Settings,
  Statement,
} from './define/definition.js';
export { entry } from './define/entry.js';
export {
  defineExplainer,
  type ExplainerPromise,
  type ExplainerRecipe,
  type Findings,
} from './define/explainer.js';
export { expectFiniteValues } from './define/finite-values.js';
export { defineMetric, type MetricPromise, type MetricRecipe } from './define/metric.js';
export { definePerturbation, type PerturbationRecipe } from './define/perturbation.js';
export { defineSolver, type SolverRecipe } from './define/solver.js';
export { type TableOf, tableOf } from './define/table.js';
export {
  codeOf,
  type DataType,
  type Dtype,
  dataTypes,
  dtypeInfo,
  dtypeOf,
  dtypes,
  isFloat,
  isInteger,
  type NumericData,
  type NumericType,
  viewElements,
} from './dtype/dtypes.js';
export { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from './dtype/float16.js';
export * from './error.js';
export { explainEach, valuesOfEach } from './explain-each.js';
export { expression, named, omitDefault, type Showable } from './expression.js';
export { type Blur, gaussianBlur } from './features/blur.js';
export type { Segments } from './features/boxes.js';
export {
  type ChosenFeatures,
  dependsOnLayout,
  type FeatureChoice,
  featuresFor,
  withoutIdleLayout,
} from './features/choice.js';
export {
  axisFeatures,
  channelFeatures,
  elementFeatures,
  gridFeatures,
  pixelFeatures,
} from './features/partitions.js';
export { type Superpixels, superpixels } from './features/superpixels.js';
export {
  featureValues,
  isConstantOn,
  sameFeatures,
  sharedValues,
  sizeOfAttribution,
  sumsOver,
  valuesOfFeatures,
} from './features/values.js';
export {
  type Extent,
  type WindowAxis,
  type Windows,
  windowAt,
  windowAxes,
  windowCount,
  windowFeatures,
} from './features/windows.js';
export { isInBall, type NormBall, projectOntoBall } from './geometry/ball.js';
export { fillUniformInBall, fillUniformOnSphere } from './geometry/draw.js';
export { furthestAlong } from './geometry/furthest.js';
export { fillRowsUniform, projectRows, type RowBalls, type RowBox } from './geometry/rows.js';
export { type Magnitudes, shrinkOnto } from './geometry/shrink.js';
export { guarded, internal } from './guarded.js';
export { squaredDistance, squaredDistances } from './kernels/distances.js';
export { type Line, writePoints } from './kernels/lines.js';
export { type Merge, mergeRows, type Sums } from './kernels/moments.js';
export { type Axes, axesOf, fitsLayout, type Layout, layoutByShape, type RowAxis } from './layout.js';
export { once } from './once.js';
export {
  type DefinitionKind,
  definitionKinds,
  featuresHelp,
  LAYOUT_HELP,
  option,
  parseOptions,
  written,
  z,
} from './options.js';
export { own, ownOf, setOwn } from './own.js';
export { inputsFrom, masksFrom } from './perturb/compact.js';
export * from './perturb/definitions.js';
export { drawCount } from './perturb/draw-count.js';
export { drawEach } from './perturb/draw-each.js';
export { inputRows } from './perturb/input-rows.js';
export { type RemovedParts, removedParts } from './perturb/removed-parts.js';
export { perturbationOf } from './perturb/settle.js';
export { relativeShapleyKernel, shapleySets } from './perturb/shapley-kernel.js';
export { perturbations } from './perturb/table.js';
export type { Picture, Pixels } from './picture.js';
export { type Content, contentHash } from './random/content.js';
export { fold, type Key, key } from './random/key.js';
export { type Stream, stream, streamsOf } from './random/stream.js';
export { threefry2x32 } from './random/threefry.js';
export { normalTail, studentQuantile, studentTail } from './reduce/distributions.js';
export { boundEstimate, invalid, meanEstimate } from './reduce/estimate.js';
export { holm } from './reduce/holm.js';
export { type Interval, type IntervalOptions, interval } from './reduce/interval.js';
export { deltaStderr, type Joint, joint } from './reduce/joint.js';
export { type Maximum, maximum } from './reduce/maximum.js';
export { type Moments, moments } from './reduce/moments.js';
export { type PairedT, type PairedTOptions, type PValues, pairedT } from './reduce/paired-t.js';
export { type Covariance, covariance, type Pair, type Ratio, ratio } from './reduce/pairs.js';
export { rankCorrelation } from './reduce/rank-correlation.js';
export { type SignedRank, type SignedRankOptions, signedRank } from './reduce/signed-rank.js';
export { type WinDrawLoss, type WinDrawLossOptions, winDrawLoss } from './reduce/win-draw-loss.js';
export { type Boxes, boxRows } from './rows/boxes.js';
export { denseRows } from './rows/dense.js';
export { differenceRows } from './rows/differences.js';
export { featureRows } from './rows/features.js';
export { plainProducts } from './rows/products.js';
export { derivativeAlong, type SecondOrder } from './score/along.js';
export { type Around, around } from './score/around.js';
export { expectBatch } from './score/batch.js';
export { type Classifier, type ClassifierTarget, classifierScore } from './score/classifier.js';
export { difference } from './score/difference.js';
export {
  type LinearClassifier,
  linearClassifier,
  linearScore,
  productScore,
  quadraticScore,
} from './score/exact.js';
export { functionScore, type ScoreFunction } from './score/function.js';
export { expectFiniteClasses, type MarginAt, marginAt, marginsOf, type ScoreAt } from './score/margin-at.js';
export {
  crossEntropyObjective,
  type Labels,
  logitObjective,
  marginObjective,
  type Objective,
  type ObjectiveValues,
  softMarginObjective,
  targetedObjective,
} from './score/objectives.js';
export { keptBytes, repeatedCost, sumOfCosts } from './score/planned-cost.js';
export { targetedMargin } from './score/targeted.js';
export { meter, type Progress, throwIfAborted, type Watch, watch } from './score/watch.js';
export { withGradients } from './score/with-gradients.js';
export { type AdamOptions, adam, type Descent } from './solve/adam.js';
export type { Design, WeightedRows } from './solve/equations.js';
export { type Factorisation, factor, type Problem } from './solve/factor.js';
export {
  type Block,
  type Constraint,
  chooseSolver,
  type Fitter,
  fitter,
  LARGEST_SYSTEM,
  type LeastSquares,
  leastSquares,
  type Regression,
  regress,
} from './solve/regress.js';
export { inverse, lsqr, pseudoInverse, ridge, solvers } from './solve/solver.js';
export { didYouMean } from './suggest.js';
export { add, dot, multiply, scale, subtract, sum, view } from './tensor/arithmetic.js';
export { type ArrayPool, arrayPool } from './tensor/array-pool.js';
export { broadcast } from './tensor/broadcast.js';
export { fingerprint } from './tensor/fingerprint.js';
export {
  isLazyRows,
  type LazyRows,
  type LazyRowsOptions,
  lazyRow,
  lazyRows,
  type RowsWriter,
  type RowWriter,
  rowByRow,
} from './tensor/lazy-rows.js';
export { dualOrder, exponentOf, type Norm, type NormOrder, norm, rowNorms } from './tensor/norm.js';
export { asBatch, concatRows, reshape, row, rows, spans, stack, stackAlong, unstack } from './tensor/rows.js';
export {
  type Dim,
  expectShape,
  firstInfinite,
  firstNonFinite,
  full,
  isSafeToAdd,
  isTensor,
  type Shape,
  sameShape,
  showShape,
  sizeOf,
  type Tensor,
  tensor,
  toFloat32,
  toFloat64,
  zeros,
} from './tensor/tensor.js';
export type { Attack, FreeSets, Perturbed } from './types/attack.js';
export * from './types/attribution.js';
export type {
  BaselineNoise,
  BaselineRows,
  BoxDraws,
  CompactDraws,
  KeyDraws,
  MaskDraws,
  RemovalValues,
  SmoothMaskDraws,
} from './types/compact-draws.js';
export * from './types/draws.js';
export * from './types/estimate.js';
export * from './types/metric.js';
export * from './types/planned-cost.js';
export * from './types/score.js';
export type { Factors, Iteration, Solver, System } from './types/solver.js';
export {
  type AxesTarget,
  type AxisTarget,
  type BackwardRules,
  type DrawnWeights,
  type Link,
  links,
  type NamedRules,
  rulesParts,
  type ScoreChange,
  type Target,
} from './types/target.js';
