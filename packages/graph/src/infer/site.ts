import { fail } from '@onnxplain/core';
import { attributesOf, type NodeAttributes } from '../attributes.js';
import { describe } from '../scope.js';
import type { Constant, DataType, Dim, Dims, Node, ValueType } from '../types.js';

/**
 * Contents of a small tensor as far as they are known, row major: numbers or symbolic sizes; undefined where unknown.
 */
export type Elements = readonly (Dim | undefined)[];

/** What a row says of an output: its type and, for small tensors, what is in it. */
export interface Inferred extends ValueType {
  readonly elements?: Elements;
}

/** One node as its row of the table sees it. */
export interface Site extends NodeAttributes {
  readonly node: Node;
  /** Type of an input; `shape-mismatch` when the node lacks it. */
  type(index: number): ValueType;
  has(index: number): boolean;
  dtype(index: number): DataType;
  dims(index: number): Dims | undefined;
  elements(index: number): Elements | undefined;
  constant(index: number): Constant | undefined;
  /** A size that nothing is known of. */
  unknown(): Dim;
  /** Throws `shape-mismatch`, naming node, op and input dims. */
  mismatch(expected: string, got?: string): never;
}

export type InferRow = (site: Site) => readonly Inferred[];

/** What a site reads of the values around it. */
export interface Scope {
  typeOf(name: string): ValueType | undefined;
  elementsOf(name: string): Elements | undefined;
  constantOf(name: string): Constant | undefined;
  unknown(): Dim;
}

/** Views a node in a scope. */
export function siteOf(node: Node, scope: Scope): Site {
  const name = (index: number) => node.inputs[index] ?? '';
  const mismatch = (expected: string, got?: string): never =>
    fail({ code: 'shape-mismatch', where: describe(node), expected, got: got ?? inputsLabel(node, scope) });
  const type = (index: number): ValueType =>
    scope.typeOf(name(index)) ?? mismatch(`input ${index} to be given`);
  return {
    ...attributesOf(node),
    node,
    type,
    has: (index) => name(index) !== '',
    dtype: (index) => type(index).dtype,
    dims: (index) => type(index).dims,
    elements: (index) => (name(index) === '' ? undefined : scope.elementsOf(name(index))),
    constant: (index) => (name(index) === '' ? undefined : scope.constantOf(name(index))),
    unknown: scope.unknown,
    mismatch,
  };
}

/** "x [N, 3], w [4, 3]". */
function inputsLabel(node: Node, scope: Scope): string {
  const dims = (name: string) => scope.typeOf(name)?.dims?.join(', ') ?? 'unknown';
  const label = node.inputs.map((name) => (name === '' ? 'none' : `${name} [${dims(name)}]`)).join(', ');
  return label === '' ? 'no inputs' : label;
}

/** A float or int that may stand in a tensor of this dtype. */
export const isInteger = (dtype: DataType): boolean => /^u?int/.test(dtype);
export const isFloat = (dtype: DataType): boolean => /float/.test(dtype);

/** Size of a shape when every dim is a number. */
export function knownSize(dims: Dims | undefined): number | undefined {
  let size = 1;
  for (const dim of dims ?? [undefined]) {
    if (typeof dim !== 'number') return undefined;
    size *= dim;
  }
  return size;
}

/** Axis counted from the front. */
export function axisOf(site: Site, axis: number, rank: number): number {
  const from = axis < 0 ? axis + rank : axis;
  if (from < 0 || from >= rank) site.mismatch(`an axis in [${-rank}, ${rank - 1}]`, `${axis}`);
  return from;
}

/** The integers of a small input, when all are known. */
export function numbers(elements: Elements | undefined): readonly number[] | undefined {
  return elements?.every((element) => typeof element === 'number')
    ? (elements as readonly number[])
    : undefined;
}
