import { fail } from '@onnxplain/core';
import { describe } from '../ir/scope.js';
import type { Constant, DataType, Dim, Dims, Graph, Node, ValueType } from '../ir/types.js';

/**
 * The elements of a small tensor in row-major order: numbers or symbolic sizes; undefined where not known.
 */
export type Elements = readonly (Dim | undefined)[];

/** The inferred type of an output and, for small tensors, its elements. */
export interface Inferred extends ValueType {
  readonly elements?: Elements;
}

/** A node with the types and elements of its inputs, as the rows of the inference table read it. */
export interface Site {
  readonly node: Node;
  /** Returns the type of an input. Throws `shape-mismatch` where the node does not have the input. */
  type(index: number): ValueType;
  has(index: number): boolean;
  dtype(index: number): DataType;
  dims(index: number): Dims | undefined;
  elements(index: number): Elements | undefined;
  constant(index: number): Constant | undefined;
  /** Makes a new unknown size. */
  unknown(): Dim;
  /** Infers the types of the outputs of an inner graph for inputs of these types. */
  inside(graph: Graph, inputs: readonly ValueType[]): readonly (ValueType | undefined)[];
  /** Throws `shape-mismatch` with the node, its operator and, by default, the dims of its inputs. */
  mismatch(expected: string, got?: string): never;
}

export type InferRow = (site: Site) => readonly (Inferred | undefined)[];

/** The values that a node can read. */
export interface Scope {
  typeOf(name: string): ValueType | undefined;
  elementsOf(name: string): Elements | undefined;
  constantOf(name: string): Constant | undefined;
  unknown(): Dim;
  inside: Site['inside'];
}

/** Makes the site of a node in a scope. */
export function siteOf(node: Node, scope: Scope): Site {
  return new NodeSite(node, scope);
}

/** A class, because one is made for every node of a large graph and closures are ten times slower. */
class NodeSite implements Site {
  readonly node: Node;
  readonly unknown: () => Dim;
  readonly inside: Site['inside'];
  readonly #scope: Scope;

  constructor(node: Node, scope: Scope) {
    this.node = node;
    this.unknown = scope.unknown;
    this.inside = scope.inside;
    this.#scope = scope;
  }

  type(index: number): ValueType {
    return this.#scope.typeOf(this.#name(index)) ?? this.mismatch(`input ${index} to be given`);
  }

  has(index: number): boolean {
    return this.#name(index) !== '';
  }

  dtype(index: number): DataType {
    return this.type(index).dtype;
  }

  dims(index: number): Dims | undefined {
    return this.type(index).dims;
  }

  elements(index: number): Elements | undefined {
    return this.has(index) ? this.#scope.elementsOf(this.#name(index)) : undefined;
  }

  constant(index: number): Constant | undefined {
    return this.has(index) ? this.#scope.constantOf(this.#name(index)) : undefined;
  }

  mismatch(expected: string, got = inputsLabel(this.node, this.#scope)): never {
    return fail({ code: 'shape-mismatch', where: describe(this.node), expected, got });
  }

  #name(index: number): string {
    return this.node.inputs[index] ?? '';
  }
}

/** Describes the inputs of a node: "x [N, 3], w [4, 3]". */
function inputsLabel(node: Node, scope: Scope): string {
  const dims = (name: string) => scope.typeOf(name)?.dims?.join(', ') ?? 'unknown';
  const label = node.inputs.map((name) => (name === '' ? 'none' : `${name} [${dims(name)}]`)).join(', ');
  return label === '' ? 'no inputs' : label;
}

/** Returns the number of elements of a shape; undefined where a size is not a number. */
export function knownSize(dims: Dims | undefined): number | undefined {
  let size = 1;
  for (const dim of dims ?? [undefined]) {
    if (typeof dim !== 'number') return undefined;
    size *= dim;
  }
  return size;
}

/** Returns an axis counted from 0. Throws `shape-mismatch` for one that does not exist. */
export function axisOf(site: Site, axis: number, rank: number): number {
  const from = axis < 0 ? axis + rank : axis;
  if (from < 0 || from >= rank) site.mismatch(`an axis in [${-rank}, ${rank - 1}]`, `${axis}`);
  return from;
}

/** Returns the elements of a small input where all are numbers; undefined otherwise. */
export function numbers(elements: Elements | undefined): readonly number[] | undefined {
  return elements?.every((element) => typeof element === 'number') ? elements : undefined;
}
