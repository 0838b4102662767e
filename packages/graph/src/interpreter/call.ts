import { type ErrorCode, fail } from '@onnxplain/core';
import { type NodeAttributes, readAttribute } from '../ir/loose-attributes.js';
import { describe } from '../ir/scope.js';
import type { Constant, Graph, Node } from '../ir/types.js';
import type { NumArray } from './array.js';

/** What a row sees of a node: its input values, its attributes, and where to point when something is wrong. */
export interface Call extends NodeAttributes {
  readonly op: string;
  /** The node, for messages. */
  readonly where: string;
  readonly inputs: readonly (NumArray | undefined)[];
  /** How many outputs the node lists. */
  readonly outputs: number;
  /** Input `i`, which must be there. */
  input(i: number): NumArray;
  /** Whether the node has an attribute. */
  has(name: string): boolean;
  /** An int attribute that must be there. */
  requiredInt(name: string): number;
  /** Whether an int attribute is 1. */
  flag(name: string): boolean;
  /** An int attribute or `fallback`, as an axis of something of this rank: negative counts from the back. */
  axis(name: string, fallback: number, rank: number): number;
  /** An attribute's graph as a function of its inputs; it sees the values around the node. */
  body(name: string): Body;
  refuse(code: ErrorCode, expected: string, got: string): never;
}

/** A subgraph, ready to be run. */
export interface Body {
  readonly graph: Graph;
  run(inputs: readonly NumArray[]): NumArray[];
}

/** Computes a node's outputs. One array stands for one output. */
export type EvalRow = (call: Call) => NumArray | readonly NumArray[];

/** What the interpreter provides for a node. */
export interface CallContext {
  readonly inputs: readonly (NumArray | undefined)[];
  run(graph: Graph, inputs: readonly NumArray[]): NumArray[];
}

/** `axis` of something of `rank`, negative counting from the back. Throws `model-invalid` outside [-rank, rank). */
export function normalAxis(where: string, axis: number, rank: number): number {
  if (axis < -rank || axis >= rank) {
    fail({ code: 'model-invalid', where, expected: `an axis in [${-rank}, ${rank - 1}]`, got: `${axis}` });
  }
  return axis < 0 ? axis + rank : axis;
}

export function callOf(node: Node, context: CallContext): Call {
  return new NodeCall(node, context);
}

/** A class because one is made for every node that is run: closures cost ten times as much. */
class NodeCall implements Call {
  readonly op: string;
  readonly where: string;
  readonly inputs: CallContext['inputs'];
  readonly outputs: number;
  readonly #node: Node;
  readonly #run: CallContext['run'];

  constructor(node: Node, { inputs, run }: CallContext) {
    this.op = node.op;
    this.where = describe(node);
    this.inputs = inputs;
    this.outputs = node.outputs.length;
    this.#node = node;
    this.#run = run;
  }

  input(i: number): NumArray {
    return this.inputs[i] ?? this.refuse('model-invalid', `input ${i}`, 'none');
  }

  has(name: string): boolean {
    return name in this.#node.attributes;
  }

  requiredInt(name: string): number {
    return readAttribute(this.#node, name, 'int') ?? this.#missing(name);
  }

  flag(name: string): boolean {
    return this.int(name, 0) === 1;
  }

  axis(name: string, fallback: number, rank: number): number {
    return normalAxis(this.where, this.int(name, fallback), rank);
  }

  body(name: string): Body {
    const graph = this.graph(name) ?? this.#missing(name);
    return { graph, run: (values) => this.#run(graph, values) };
  }

  refuse(code: ErrorCode, expected: string, got: string): never {
    return fail({ code, where: this.where, expected, got });
  }

  #missing(name: string): never {
    return this.refuse('model-invalid', `attribute "${name}"`, 'none');
  }

  int(name: string, fallback: number): number {
    return readAttribute(this.#node, name, 'int') ?? fallback;
  }

  float(name: string, fallback: number): number {
    return readAttribute(this.#node, name, 'float') ?? fallback;
  }

  string(name: string, fallback: string): string {
    return readAttribute(this.#node, name, 'string') ?? fallback;
  }

  ints(name: string): readonly number[] | undefined {
    return readAttribute(this.#node, name, 'ints');
  }

  floats(name: string): readonly number[] | undefined {
    return readAttribute(this.#node, name, 'floats');
  }

  strings(name: string): readonly string[] | undefined {
    return readAttribute(this.#node, name, 'strings');
  }

  tensor(name: string): Constant | undefined {
    return readAttribute(this.#node, name, 'tensor');
  }

  graph(name: string): Graph | undefined {
    return readAttribute(this.#node, name, 'graph');
  }
}

/** Input `i`, which must hold one number for each of so many channels. */
export function channelInput(call: Call, i: number, channels: number): Float64Array {
  const { data, dims } = call.input(i);
  if (data.length !== channels) {
    call.refuse('shape-mismatch', `input ${i} of ${channels} channels`, `[${dims}]`);
  }
  return data;
}

/** The entry of a table that a string attribute, or else `fallback`, names. */
export function choice<T>(
  call: Call,
  table: Readonly<Record<string, T>>,
  [attribute, fallback]: readonly [string, string],
): T {
  const name = call.string(attribute, fallback);
  if (!Object.hasOwn(table, name)) {
    call.refuse('model-unsupported', `${attribute} one of ${Object.keys(table).join(', ')}`, name);
  }
  return table[name];
}
