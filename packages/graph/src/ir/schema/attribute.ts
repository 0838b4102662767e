import type { Constant, Graph } from '../types.js';

/** Value of an attribute by the kind that its schema states. A flag is an int that stands for yes or no. */
export interface AttributeValues {
  readonly int: number;
  readonly float: number;
  readonly string: string;
  readonly flag: boolean;
  readonly ints: readonly number[];
  readonly floats: readonly number[];
  readonly strings: readonly string[];
  readonly tensor: Constant;
  readonly graph: Graph;
}

export type AttributeKind = keyof AttributeValues;

/**
 * Which integers ONNX Runtime takes for true. 'one': 1 is true and every other number false; 'nonzero': 0 is false and every other number
 * true; 'strict': it refuses other numbers than 0 and 1. Found by running nodes of one operator each with -1, 0, 1, 2, 3 and 256.
 */
export type FlagReading = 'one' | 'nonzero' | 'strict';

/** An attribute of an operator: its kind, and its value in a node that does not have it. */
export interface AttributeSchema<K extends AttributeKind = AttributeKind, D = unknown> {
  readonly kind: K;
  readonly default?: D;
  /** A node must have the attribute. */
  readonly required?: boolean;
  /** Of a flag. */
  readonly reading?: FlagReading;
}

export type AttributeSchemas = Readonly<Record<string, AttributeSchema>>;

/** Type of an attribute's value, default included. */
export type ValueOf<S> =
  S extends AttributeSchema<infer K, infer D> ? AttributeValues[K] | Exclude<D, AttributeValues[K]> : never;

const withDefault =
  <K extends AttributeKind>(kind: K) =>
  (value: AttributeValues[K]): AttributeSchema<K, AttributeValues[K]> => ({ kind, default: value });

export const int = withDefault('int');
export const float = withDefault('float');
export const string = withDefault('string');
export const ints = withDefault('ints');

/** An int that stands for yes or no. */
export const flag = (value: boolean, reading: FlagReading): AttributeSchema<'flag', boolean> => ({
  kind: 'flag',
  default: value,
  reading,
});

/** An attribute without a default: undefined in a node that does not have it. */
export const optional = <K extends AttributeKind>(kind: K): AttributeSchema<K, undefined> => ({
  kind,
  default: undefined,
});

/** An attribute that a node must have: reading it from a node without it is `model-invalid`. */
export const required = <K extends AttributeKind>(kind: K): AttributeSchema<K, never> => ({
  kind,
  required: true,
});
