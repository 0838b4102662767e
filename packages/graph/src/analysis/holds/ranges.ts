import type { Node } from '../../ir/types.js';

/** What a graph tells of all numbers of a value, whatever its inputs. */
export interface Bounds {
  readonly low: number;
  readonly high: number;
  /**
   * The node that brought the numbers into [0, 1] as a probability may be; undefined where they may leave it, and where they were only
   * clipped, as regressions are too.
   */
  readonly unit?: Node;
  /** The node that made them logarithms of numbers in [0, 1]. */
  readonly log?: Node;
}

/** Least and greatest number that a value can hold; infinite ends say that nothing is known. */
export type Range = readonly [low: number, high: number];

/** Bounds of what a node computes from the bounds of its inputs; undefined where it tells none. */
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

/** 0 times infinity is 0: an infinite end stands for every finite number. */
const times = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b);

const product = ([a, b]: Range, [c, d]: Range): Range => {
  const corners = [times(a, c), times(a, d), times(b, c), times(b, d)];
  return [Math.min(...corners), Math.max(...corners)];
};

/** Of numbers that are not negative: 1 / 0 is infinite. */
const inverse = ([low, high]: Range): Range | undefined =>
  low >= 0 ? [1 / high, 1 / Math.abs(low)] : undefined;

const total = (inputs: readonly Range[]): Range =>
  inputs.reduce(([low, high], [a, b]): Range => [low + a, high + b], [0, 0]);

/** Sizes are not looked at, so a sum is bounded on the side of zero only. */
const reducedSum: RangeRule = ([[low, high]]) => {
  if (low >= 0) return [0, Number.POSITIVE_INFINITY];
  return high <= 0 ? [Number.NEGATIVE_INFINITY, 0] : undefined;
};

/** The bounds are inputs; before opset 11, attributes. */
const clip: RangeRule = ([[low, high], ...ends], { inputs, attributes }) => {
  const end = (i: number, name: string, otherwise: number): Range => {
    if (inputs[i]) return ends[i - 1];
    const given = attributes[name]?.value;
    return typeof given === 'number' ? [given, given] : [otherwise, otherwise];
  };
  const least = end(1, 'min', Number.NEGATIVE_INFINITY);
  const greatest = end(2, 'max', Number.POSITIVE_INFINITY);
  return [Math.min(Math.max(low, least[0]), greatest[0]), Math.min(Math.max(high, least[1]), greatest[1])];
};

/** An average over a window that may count zeros of the padding. */
const average: RangeRule = ([range]) => hullOf([range, [0, 0]]);

const quotient: RangeRule = ([x, y]) => {
  const inverted = inverse(y);
  return inverted && product(x, inverted);
};

/** Operators by the bounds that they give. Those that hand on numbers as they are, are in `MOVES`. */
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

/** Operators that hand on numbers of their first input, all or some, averages and extremes of them among those. */
export const MOVES: ReadonlySet<string> = new Set([
  'Identity',
  'Reshape',
  'Flatten',
  'Squeeze',
  'Unsqueeze',
  'Cast',
  'CastLike',
  'Transpose',
  'Dropout',
  'Slice',
  'Gather',
  'GatherElements',
  'GatherND',
  'Split',
  'Expand',
  'Tile',
  'DepthToSpace',
  'SpaceToDepth',
  'ReduceMax',
  'ReduceMin',
  'ReduceMean',
  'MaxPool',
  'GlobalMaxPool',
  'GlobalAveragePool',
  'ZipMap',
  'ArrayFeatureExtractor',
]);
