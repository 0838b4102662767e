import type { AttributeSchemas } from './attribute.js';

/** What an operator does, as far as several parts of the compiler ask for it. */
export type Family =
  /** Each element of the output is a function of one element of the first input. */
  | 'unary'
  /** Elements of several inputs are combined place by place: numbers, comparisons, truth values, bits. */
  | 'arithmetic'
  | 'comparison'
  | 'logic'
  | 'bits'
  /** The same elements, perhaps of another type. */
  | 'copy'
  /** The same elements in the same order under other dims. */
  | 'reshape'
  /** Every element of the output is an element of an input. */
  | 'movement'
  /** Elements of several inputs, constants or sums of them at other places. */
  | 'placement'
  /** One number for all elements along some axes. */
  | 'reduction'
  /** Running sums or products along an axis. */
  | 'cumulative'
  /** Indices of elements that were found. */
  | 'search'
  | 'linear'
  | 'convolution'
  | 'pooling'
  | 'normalisation'
  | 'recurrent'
  | 'quantisation'
  | 'sampling'
  | 'signal'
  /** Random numbers. */
  | 'draw'
  /** Nodes with inner graphs. */
  | 'control'
  /** Constants, and what follows from shapes. */
  | 'shape';

/** Least and greatest number of inputs or outputs. */
export type Arity = readonly [least: number, most: number];

/** What the standard says of an operator. */
export interface OpSchema<A extends AttributeSchemas = AttributeSchemas> {
  readonly family: Family;
  readonly attributes: A;
  readonly inputs: Arity;
  readonly outputs: Arity;
}

interface Arities {
  readonly inputs?: number | Arity;
  readonly outputs?: number | Arity;
}

const arity = (count: number | Arity): Arity => (typeof count === 'number' ? [count, count] : count);

/** Any number of inputs or outputs. */
export const MANY = Number.POSITIVE_INFINITY;

/** A row of the schema. One input and one output unless it says otherwise. */
export function op<const A extends AttributeSchemas>(
  family: Family,
  attributes: A,
  { inputs = 1, outputs = 1 }: Arities = {},
): OpSchema<A> {
  return { family, attributes, inputs: arity(inputs), outputs: arity(outputs) };
}
