import { type ErrorCode, fail } from '@onnxplain/core';
import { describe } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import type { NumArray } from './array.js';

/** What a row sees of a node: its input values, its attributes, and where to point when something is wrong. */
export interface Call {
  readonly node: Node;
  readonly op: string;
  /** The node, for messages. */
  readonly where: string;
  readonly inputs: readonly (NumArray | undefined)[];
  /** How many outputs the node lists. */
  readonly outputs: number;
  /** Input `i`, which must be there. */
  input(i: number): NumArray;
  /** A graph of the node's attributes as a function of its inputs; it sees the values around the node. */
  body(graph: Graph): Body;
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
  readonly node: Node;
  readonly #run: CallContext['run'];

  constructor(node: Node, { inputs, run }: CallContext) {
    this.op = node.op;
    this.where = describe(node);
    this.inputs = inputs;
    this.outputs = node.outputs.length;
    this.node = node;
    this.#run = run;
  }

  input(i: number): NumArray {
    return this.inputs[i] ?? this.refuse('model-invalid', `input ${i}`, 'none');
  }

  body(graph: Graph): Body {
    return { graph, run: (values) => this.#run(graph, values) };
  }

  refuse(code: ErrorCode, expected: string, got: string): never {
    return fail({ code, where: this.where, expected, got });
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

/** The entry of a table for the value of an attribute of texts. */
export function choice<T>(
  call: Call,
  table: Readonly<Record<string, T>>,
  [attribute, value]: readonly [name: string, value: string],
): T {
  if (!Object.hasOwn(table, value)) {
    call.refuse('model-unsupported', `${attribute} one of ${Object.keys(table).join(', ')}`, value);
  }
  return table[value];
}
