import type { Op } from '../ir/ops.js';
import type { Attribute, Constant, DataType, Dim, Graph, Value, ValueType } from '../ir/types.js';

/** Attributes of a new node. Undefined ones are left out. */
export type AttributeInit = Readonly<Record<string, Attribute | undefined>>;

/**
 * Appends nodes to a graph and knows the type of every value in it. Emitting the same node on the same inputs twice
 * returns the first one's outputs (common subexpressions are shared as they are made).
 */
export interface Builder {
  readonly opset: number;
  /** Type of a value; throws `value-unknown` for a name the graph does not define. */
  type(name: string): ValueType;
  /** Type of a value; undefined where it is not known. */
  typeOf(name: string): ValueType | undefined;
  dtype(name: string): DataType;
  /** Dims of a value; throws `shape-mismatch` with a remedy when its rank is unknown. */
  dims(name: string): readonly Dim[];
  rank(name: string): number;
  /** The tensor behind a name when it is known at compile time (initialiser or folded constant), else undefined. */
  constantOf(name: string): Constant | undefined;
  /** Adds a constant (equal small ones are shared) and returns its name. */
  constant(value: Constant, hint?: string): string;
  /** A float scalar (dims []) of the same dtype as `like`. */
  scalar(value: number, like: string): string;
  /** int64 constant of dims [values.length]. */
  ints(values: readonly number[]): string;
  /** Shape of a value as an int64 vector: a constant where all dims are known, else a Shape node. */
  shape(name: string): string;
  /** Size of an axis of a value as an int64 vector of one element. */
  sizeOf(name: string, axis: number): string;
  /**
   * Shape of a value as a Reshape target: a constant with at most one -1 when at most one dim is symbolic, else a Shape node.
   */
  reshapeTarget(name: string): string;
  /** Appends a node with one output in the standard domain and returns the output's name. */
  emit(op: Op, inputs: readonly string[], attributes?: AttributeInit): string;
  /** Appends a node with several outputs; '' in `wanted` omits one. */
  emitMany(op: Op, inputs: readonly string[], outputs: number, attributes?: AttributeInit): readonly string[];
  /** Returns a name that is not used in the graph. */
  fresh(hint: string): string;
  /**
   * A builder that continues a graph inside this one (the body of a Scan, a branch of an If): it sees this one's values and
   * avoids its names.
   */
  inside(graph: InnerGraph): Builder;
  /** Returns the graph with these outputs. Default of `inputs`: those that were added. */
  build(outputs: readonly Value[], inputs?: readonly Value[]): Graph;
}

/** The parts of an inner graph that a builder starts from. */
export interface InnerGraph extends Partial<Pick<Graph, 'constants' | 'nodes' | 'declared'>> {
  readonly inputs: readonly Value[];
}

/** Shorthands for attributes. */
export const attr = {
  int: (value: number): Attribute => ({ kind: 'int', value }),
  ints: (value: readonly number[]): Attribute => ({ kind: 'ints', value }),
  float: (value: number): Attribute => ({ kind: 'float', value }),
  floats: (value: readonly number[]): Attribute => ({ kind: 'floats', value }),
  string: (value: string): Attribute => ({ kind: 'string', value }),
} as const;
