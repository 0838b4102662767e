import { activation } from '../../rules/activation.js';
import { arithmetic } from '../../rules/arithmetic.js';
import { control } from '../../rules/control.js';
import { convolution } from '../../rules/conv.js';
import { indexing } from '../../rules/indexing.js';
import { linear } from '../../rules/linear.js';
import { movement } from '../../rules/movement.js';
import { normalisation } from '../../rules/normalisation.js';
import { bits, comparison, draws, identity, shapes, signals } from '../../rules/piecewise-constant.js';
import { pooling } from '../../rules/pool.js';
import { quantisation } from '../../rules/quantise.js';
import { recurrent } from '../../rules/recurrent.js';
import { reduction } from '../../rules/reduction.js';
import type { Rule, RuleEntries } from '../../rules/rule.js';
import { sampling } from '../../rules/sampling.js';
import { type Layer, layerOf } from './layer.js';
import {
  bilinear,
  difference,
  homogeneous,
  mapRules,
  notDefinedFor,
  pass,
  passFirst,
  product,
  proportional,
  proportionalFirst,
  quotient,
  softmax,
  timesInput,
} from './policy.js';
import type { LrpRule } from './rule.js';

/** A rule, with a test of the layers that it is for. */
export interface LayerRule {
  readonly when: (layer: Layer) => boolean;
  readonly rule: LrpRule;
}

/**
 * Returns rows that propagate relevance. A layer has the first rule of `parts` whose test accepts it. Sums and means divide relevance in
 * proportion to their terms, maxima give it to the maximum, and operators that rearrange elements rearrange relevance.
 */
export function relevanceRows(parts: readonly LayerRule[]): RuleEntries {
  const layered = (rule: Rule) => ruleByLayer(parts, rule);
  return {
    ...nonLayerRows,
    ...mapRules(convolution, layered),
    ...mapRules(linear, layered),
    Det: notDefinedFor('determinants'),
  };
}

/** Rows of operators that are not layers. */
const nonLayerRows = {
  ...mapRules(activation, () => pass),
  ...mapRules(arithmetic, proportional),
  Div: quotient,
  Max: arithmetic.Max,
  Min: arithmetic.Min,
  Mod: pass,
  Mul: product,
  Neg: pass,
  Pow: passFirst,
  Sub: difference(arithmetic.Sub),
  Where: arithmetic.Where,
  ...comparison,
  ...bits,
  ...draws,
  ...mapRules(signals, proportional),
  ...mapRules(control, () => notDefinedFor('control flow')),
  ...identity,
  ...quantisation,
  ...indexing,
  ScatterElements: proportional(indexing.ScatterElements),
  ScatterND: proportional(indexing.ScatterND),
  ...movement,
  Col2Im: proportional(movement.Col2Im),
  Resize: proportional(movement.Resize),
  ...mapRules(sampling, proportionalFirst),
  MaxRoiPool: sampling.MaxRoiPool,
  ...mapRules(normalisation, () => passFirst),
  BatchNormalization: proportional(normalisation.BatchNormalization),
  LogSoftmax: notDefinedFor('LogSoftmax: explain the logits instead'),
  Softmax: softmax,
  AveragePool: proportional(pooling.AveragePool),
  GlobalAveragePool: proportional(pooling.GlobalAveragePool),
  GlobalMaxPool: pooling.GlobalMaxPool,
  MaxPool: pooling.MaxPool,
  ...mapRules(recurrent, () => notDefinedFor('recurrent layers')),
  ...mapRules(reduction, proportional),
  CumProd: notDefinedFor('products of many values'),
  // sum of x_i d(log sum x)/dx_i = 1, and sum of d(log sum exp x)/dx_i = 1.
  ReduceLogSum: timesInput(reduction.ReduceLogSum),
  ReduceLogSumExp: reduction.ReduceLogSumExp,
  ReduceMax: reduction.ReduceMax,
  ReduceMin: reduction.ReduceMin,
  ReduceProd: notDefinedFor('products of many values'),
  ReduceSumSquare: homogeneous(reduction.ReduceSumSquare, 2),
  TopK: reduction.TopK,
  ...mapRules(shapes, proportional),
};

const ruleByLayer =
  (parts: readonly LayerRule[], rule: Rule): Rule =>
  (b, step, relevance) => {
    const layer = layerOf(b, step);
    if (layer === undefined) return bilinear(rule)(b, step, relevance);
    const part = parts.find(({ when }) => when(layer));
    if (part === undefined) {
      return step.refuse('no rule of the composite takes it', 'End the list with a rule for all layers.');
    }
    const found = part.rule(b, layer, relevance);
    return step.inputs.map((name) => (name === layer.x ? found : undefined));
  };
