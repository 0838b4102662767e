import { fail } from '@onnxplain/core';
import { describe } from '../ir/scope.js';
import type { Constant, DataType, Dim, Dims, Graph, Node, ValueType } from '../ir/types.js';

/**
 * Contents of a small tensor as far as they are known, row major: numbers or symbolic sizes; undefined where unknown.
 */
export type Elements = readonly (Dim | undefined)[];

/** What a row says of an output: its type and, for small tensors, what is in it. */
export interface Inferred extends ValueType {
  readonly elements?: Elements;
}

/** One node as its row of the table sees it. */
export interface Site {
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
  /** Types of the outputs of an inner graph for inputs of these types, as far as they follow. */
  inside(graph: Graph, inputs: readonly ValueType[]): readonly (ValueType | undefined)[];
  /** Throws `shape-mismatch`, naming node, op and input dims. */
  mismatch(expected: string, got?: string): never;
}

export type InferRow = (site: Site) => readonly (Inferred | undefined)[];

/** What a site reads of the values around it. */
export interface Scope {
  typeOf(name: string): ValueType | undefined;
  elementsOf(name: string): Elements | undefined;
  constantOf(name: string): Constant | undefined;
  unknown(): Dim;
  inside: Site['inside'];
}

/** Views a node in a scope. */
export function siteOf(node: Node, scope: Scope): Site {
  return new NodeSite(node, scope);
}

/** A class because one is made for every node of a large graph: closures cost ten times as much. */
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

/** "x [N, 3], w [4, 3]". */
function inputsLabel(node: Node, scope: Scope): string {
  const dims = (name: string) => scope.typeOf(name)?.dims?.join(', ') ?? 'unknown';
  const label = node.inputs.map((name) => (name === '' ? 'none' : `${name} [${dims(name)}]`)).join(', ');
  return label === '' ? 'no inputs' : label;
}

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
  return elements?.every((element) => typeof element === 'number') ? elements : undefined;
}
