import { own } from '@onnxplain/core';
import { opsIn } from '../../ir/ops.js';
import type { Node } from '../../ir/types.js';

/** Bounds of all elements of a value that hold for every input of the graph. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
  /**
   * The node that brought the numbers into [0, 1]; undefined where they may leave it, and where a Clip alone keeps them there, because
   * regressions are clipped too.
   */
  readonly unit?: Node;
  /** Whether a Clip, Min or Max, rather than a function such as a sigmoid, keeps the numbers within these bounds. */
  readonly clipped?: boolean;
  /** The node that took the logarithm of numbers in [0, 1]; undefined for other values. */
  readonly log?: Node;
}

/** Least and greatest number of a value; infinite where unknown. */
export type Range = readonly [low: number, high: number];

/** Computes the range of a node's output from the ranges of its inputs; undefined where it has none. */
export type RangeRule = (inputs: readonly Range[], node: Node) => Range | undefined;

export const anything: Range = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
const unit: RangeRule = () => [0, 1];
const symmetric: RangeRule = () => [-1, 1];
const notNegative: RangeRule = () => [0, Number.POSITIVE_INFINITY];

const hullOf = (ranges: readonly Range[]): Range => [
  Math.min(...ranges.map(([low]) => low)),
  Math.max(...ranges.map(([, high]) => high)),
];

/** An increasing function of one input. */
const increasing =
  (f: (x: number) => number): RangeRule =>
  ([[low, high]]) => [f(low), f(high)];

/** 0 times infinity is 0 here: an infinite bound means "any finite number". */
const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);

const product = ([a, b]: Range, [c, d]: Range): Range => {
  const corners = [times(a, c), times(a, d), times(b, c), times(b, d)];
  return [Math.min(...corners), Math.max(...corners)];
};

/** Range of 1 / x for x that is not negative, with 1 / 0 infinite; undefined for other x. */
const inverse = ([low, high]: Range): Range | undefined =>
  low >= 0 ? [1 / high, 1 / Math.abs(low)] : undefined;

const total = (inputs: readonly Range[]): Range =>
  inputs.reduce(([low, high], [a, b]): Range => [low + a, high + b], [0, 0]);

/** The number of summed elements is not known here, so that only the sign bounds a sum. */
const reducedSum: RangeRule = ([[low, high]]) => {
  if (low >= 0) return [0, Number.POSITIVE_INFINITY];
  return high <= 0 ? [Number.NEGATIVE_INFINITY, 0] : undefined;
};

/** The bounds of Clip are inputs since opset 11, and attributes before. */
const clip: RangeRule = ([[low, high], ...limits], { inputs, attributes }) => {
  const limit = (i: number, name: string, otherwise: number): Range => {
    if (inputs[i]) return limits[i - 1];
    const given = own(attributes, name)?.value;
    return typeof given === 'number' ? [given, given] : [otherwise, otherwise];
  };
  const least = limit(1, 'min', Number.NEGATIVE_INFINITY);
  const greatest = limit(2, 'max', Number.POSITIVE_INFINITY);
  return [Math.min(Math.max(low, least[0]), greatest[0]), Math.min(Math.max(high, least[1]), greatest[1])];
};

/** The window of an average may include zeros of the padding. */
const average: RangeRule = ([range]) => hullOf([range, [0, 0]]);

const quotient: RangeRule = ([x, y]) => {
  const inverted = inverse(y);
  return inverted && product(x, inverted);
};

/** Range rules by operator. Operators whose output stays in the range of the first input are in {@link PASS_THROUGH}. */
export const RANGES: Readonly<Record<string, RangeRule>> = {
  Sigmoid: unit,
  HardSigmoid: unit,
  Softmax: unit,
  Hardmax: unit,
  Equal: unit,
  Greater: unit,
  GreaterOrEqual: unit,
  Less: unit,
  LessOrEqual: unit,
  Not: unit,
  And: unit,
  Or: unit,
  IsNaN: unit,
  Tanh: symmetric,
  Erf: symmetric,
  Sin: symmetric,
  Cos: symmetric,
  Softsign: symmetric,
  LogSoftmax: () => [Number.NEGATIVE_INFINITY, 0],
  Exp: increasing(Math.exp),
  Relu: increasing((x) => Math.max(0, x)),
  Softplus: increasing((x) => (x > 30 ? x : Math.log1p(Math.exp(x)))),
  Sqrt: increasing((x) => Math.sqrt(Math.max(0, x))),
  Log: increasing((x) => Math.log(Math.max(0, x))),
  Neg: ([[low, high]]) => [-high, -low],
  Abs: ([[low, high]]) => [Math.max(0, low, -high), Math.max(-low, high)],
  Reciprocal: ([x]) => inverse(x),
  Add: total,
  Sum: total,
  Sub: ([[a, b], [c, d]]) => [a - d, b - c],
  Mul: ([x, y]) => product(x, y),
  Div: quotient,
  Mean: (inputs) => {
    const [low, high] = total(inputs);
    return [low / inputs.length, high / inputs.length];
  },
  Max: (inputs) => [Math.max(...inputs.map(([low]) => low)), Math.max(...inputs.map(([, high]) => high))],
  Min: (inputs) => [Math.min(...inputs.map(([low]) => low)), Math.min(...inputs.map(([, high]) => high))],
  Clip: clip,
  Concat: hullOf,
  Where: ([, yes, no]) => hullOf([yes, no]),
  ReduceSum: reducedSum,
  ReduceL1: notNegative,
  ReduceL2: notNegative,
  ReduceSumSquare: notNegative,
  AveragePool: average,
};

/** Operators whose output has elements of the first input, or averages or extremes of them. */
export const PASS_THROUGH: ReadonlySet<string> = new Set([
  ...opsIn('copy', 'reshape'),
  ...opsIn('movement').filter((op) => op !== 'Concat'),
  'Dropout',
  'ReduceMax',
  'ReduceMin',
  'ReduceMean',
  'MaxPool',
  'GlobalMaxPool',
  'GlobalAveragePool',
  'ZipMap',
  'ArrayFeatureExtractor',
]);
