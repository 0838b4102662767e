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
  each,
  homogeneous,
  pass,
  passFirst,
  product,
  proportional,
  proportionalFirst,
  quotient,
  softmax,
  timesInput,
  undefinedFor,
} from './policy.js';
import type { LrpRule } from './rule.js';

/** A rule and the layers it is for. */
export interface LayerRule {
  readonly when: (layer: Layer) => boolean;
  readonly rule: LrpRule;
}

/**
 * Rows that propagate relevance: layers by the first part that takes them, sums and means in proportion, maxima to the winner, what
 * moves elements moves relevance.
 */
export function relevanceRows(parts: readonly LayerRule[]): RuleEntries {
  const layered = (rule: Rule) => byPart(parts, rule);
  return {
    ...others,
    ...each(convolution, layered),
    ...each(linear, layered),
    Det: undefinedFor('determinants'),
  };
}

/** Rows of operators that are no layers. */
const others = {
  ...each(activation, () => pass),
  ...each(arithmetic, proportional),
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
  ...each(signals, proportional),
  ...each(control, () => undefinedFor('control flow')),
  ...identity,
  ...quantisation,
  ...indexing,
  ScatterElements: proportional(indexing.ScatterElements),
  ScatterND: proportional(indexing.ScatterND),
  ...movement,
  Col2Im: proportional(movement.Col2Im),
  Resize: proportional(movement.Resize),
  ...each(sampling, proportionalFirst),
  MaxRoiPool: sampling.MaxRoiPool,
  ...each(normalisation, () => passFirst),
  BatchNormalization: proportional(normalisation.BatchNormalization),
  LogSoftmax: undefinedFor('LogSoftmax: explain the logits instead'),
  Softmax: softmax,
  AveragePool: proportional(pooling.AveragePool),
  GlobalAveragePool: proportional(pooling.GlobalAveragePool),
  GlobalMaxPool: pooling.GlobalMaxPool,
  MaxPool: pooling.MaxPool,
  ...each(recurrent, () => undefinedFor('recurrent layers')),
  ...each(reduction, proportional),
  CumProd: undefinedFor('products of many values'),
  // The derivative of log sum x times x sums to 1, and so does that of log sum exp x by itself.
  ReduceLogSum: timesInput(reduction.ReduceLogSum),
  ReduceLogSumExp: reduction.ReduceLogSumExp,
  ReduceMax: reduction.ReduceMax,
  ReduceMin: reduction.ReduceMin,
  ReduceProd: undefinedFor('products of many values'),
  ReduceSumSquare: homogeneous(reduction.ReduceSumSquare, 2),
  TopK: reduction.TopK,
  ...each(shapes, proportional),
};

const byPart =
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
