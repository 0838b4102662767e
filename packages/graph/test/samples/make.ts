import { key, sizeOf, stream } from '@onnxplain/core';
import type {
  Attributes,
  Constant,
  DataType,
  Graph,
  NumArray,
  Op,
  Value,
  ValueType,
} from '../../src/index.js';
import { attr, constantFrom, infer, numArray } from '../../src/index.js';

/** A graph of one node with values for its inputs, at which the operator is to be tested. */
export interface Sample {
  readonly graph: Graph;
  readonly feeds: Readonly<Record<string, NumArray>>;
  /** What is special about it. */
  readonly note: string;
  /** Whether every output is differentiable at the feeds: no ties, no kinks, no rounding, nothing infinite. */
  readonly smooth: boolean;
  /** Whether outputs are random: only their types and dims can be compared. */
  readonly draws: boolean;
}

/** An input that is a constant of the graph rather than a feed, as shapes, axes and pads usually are. */
export interface Fixed {
  readonly fixed: NumArray;
}

export type Input = NumArray | Fixed | undefined;

export interface SampleOptions {
  readonly note?: string;
  /** Default true. */
  readonly smooth?: boolean;
  readonly attributes?: Attributes;
  /** Default false. */
  readonly draws?: boolean;
  /** Default {@link OPSET}. */
  readonly opset?: number;
  /** How many outputs the node lists; default 1. */
  readonly outputs?: number;
  /** How many of the inputs the node lists; its inner graphs read the others. Default: all. */
  readonly reads?: number;
}

/** Opset of samples of operators that it has. */
export const OPSET = 20;

/** The sample of one node. Inputs are x0, x1, ... and outputs y0, y1, ...; an undefined input is omitted. */
export function sample(op: Op, inputs: readonly Input[], options: SampleOptions = {}): Sample {
  const { note = '', smooth = true, draws = false, opset = OPSET } = options;
  const { attributes = {}, outputs = 1, reads = inputs.length } = options;
  const name = (i: number) => `x${i}`;
  const feeds: Record<string, NumArray> = {};
  const constants = new Map<string, Constant>();
  for (const [i, input] of inputs.entries()) {
    if (input === undefined) continue;
    if ('fixed' in input)
      constants.set(name(i), constantFrom(input.fixed.dtype, input.fixed.dims, input.fixed.data));
    else feeds[name(i)] = input;
  }
  const graph: Graph = {
    name: op,
    opsets: { '': opset },
    inputs: Object.entries(feeds).map(([label, { dtype, dims }]) => ({ name: label, dtype, dims })),
    outputs: [],
    constants,
    nodes: [
      {
        op,
        domain: '',
        name: op,
        inputs: inputs.slice(0, reads).map((input, i) => (input === undefined ? '' : name(i))),
        outputs: Array.from({ length: outputs }, (_, i) => `y${i}`),
        attributes,
      },
    ],
    metadata: {},
    functions: [],
    declared: new Map(),
  };
  const types = infer(graph);
  return { graph: { ...graph, outputs: outputsOf(graph, types) }, feeds, note, smooth, draws };
}

function outputsOf(graph: Graph, types: ReadonlyMap<string, ValueType>): Value[] {
  return graph.nodes[0].outputs.map((name) => {
    const type = types.get(name);
    if (type === undefined) throw new Error(`no type inferred for output ${name} of ${graph.name}`);
    return { name, ...type };
  });
}

export const fixed = (value: NumArray): Fixed => ({ fixed: value });

/** A fixed int64 vector. */
export const ints = (...values: readonly number[]): Fixed =>
  fixed(numArray('int64', [values.length], values));

/** A fixed int64 scalar. */
export const int = (value: number): Fixed => fixed(numArray('int64', [], [value]));

export const float32 = (dims: readonly number[], values: readonly number[]): NumArray =>
  numArray('float32', dims, values.map(Math.fround));

export const scalar = (value: number): NumArray => float32([], [value]);

export const of = (dtype: DataType, dims: readonly number[], values: readonly number[]): NumArray =>
  numArray(dtype, dims, values);

/** Uniform numbers in [low, high), each a float32; the same for the same seed. */
export function random(
  dims: readonly number[],
  seed: number,
  [low, high]: readonly [number, number] = [-2, 2],
): NumArray {
  const draws = stream(key(seed));
  const values = Array.from({ length: sizeOf(dims) }, () => low + (high - low) * draws.uniform());
  return float32(dims, values);
}

/** Different numbers, at least `step` apart and never within step/2 of 0, in an order that depends on the seed. */
export function distinct(dims: readonly number[], seed: number, step = 0.25): NumArray {
  const size = sizeOf(dims);
  const values = Array.from({ length: size }, (_, i) => (i - Math.floor(size / 2) + 0.5) * step);
  const draws = stream(key(seed));
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor(draws.uniform() * (i + 1));
    [values[i], values[j]] = [values[j], values[i]];
  }
  return float32(dims, values);
}

/** Few values, many of them equal, zeros among them. */
export function ties(dims: readonly number[]): NumArray {
  const cycle = [1, 0, -1, 1, 0.5, 0, -1, 2, 2];
  return float32(
    dims,
    Array.from({ length: sizeOf(dims) }, (_, i) => cycle[i % cycle.length]),
  );
}

/** Integers in [low, high]. */
export function integers(
  dtype: DataType,
  dims: readonly number[],
  { seed, low = -5, high = 5 }: { seed: number; low?: number; high?: number },
): NumArray {
  const draws = stream(key(seed));
  const values = Array.from(
    { length: sizeOf(dims) },
    () => low + Math.floor(draws.uniform() * (high - low + 1)),
  );
  return numArray(dtype, dims, values);
}

type Plain = number | string | readonly number[] | readonly string[];

/** Attributes from plain values: integers and lists of integers are int and ints; floats are given in `floats`. */
export function attributes(
  values: Readonly<Record<string, Plain>>,
  floats: Readonly<Record<string, number>> = {},
): Attributes {
  const plain = Object.entries(values).map(([name, value]) => [name, attributeOf(value)] as const);
  const real = Object.entries(floats).map(([name, value]) => [name, attr.float(value)] as const);
  return Object.fromEntries([...plain, ...real]);
}

function attributeOf(value: Plain): Attributes[string] {
  if (typeof value === 'number') return attr.int(value);
  if (typeof value === 'string') return attr.string(value);
  const texts = value.filter((entry) => typeof entry === 'string');
  if (texts.length > 0) return { kind: 'strings', value: texts };
  return attr.ints(value.filter((entry) => typeof entry === 'number'));
}
