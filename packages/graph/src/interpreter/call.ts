import { type ErrorCode, fail, ownOf } from '@onnxplain/core';
import { describe } from '../ir/scope.js';
import type { Graph, Node } from '../ir/types.js';
import type { NumArray } from './array.js';

/** One evaluation of a node: the node, its input values, and functions for inner graphs and errors. */
export interface Call {
  readonly node: Node;
  readonly op: string;
  /** Description of the node, for messages. */
  readonly where: string;
  readonly inputs: readonly (NumArray | undefined)[];
  /** Number of outputs that the node lists. */
  readonly outputs: number;
  /** Returns input `i`. Throws `model-invalid` if it is omitted. */
  input(i: number): NumArray;
  /** Returns an inner graph of the node as a function of its inputs. The graph can read values of the outer graphs. */
  body(graph: Graph): Body;
  /** Throws an error that names the node. */
  refuse(code: ErrorCode, expected: string, got: string): never;
}

/** An inner graph that can be run. */
export interface Body {
  readonly graph: Graph;
  run(inputs: readonly NumArray[]): NumArray[];
}

/** Computes the outputs of a node; one array if it has one output. */
export type EvalRow = (call: Call) => NumArray | readonly NumArray[];

/** What the interpreter passes to a call. */
export interface CallContext {
  readonly inputs: readonly (NumArray | undefined)[];
  run(graph: Graph, inputs: readonly NumArray[]): NumArray[];
}

/** Returns an axis as a number from 0 to rank - 1; negative axes count from the end. Throws `model-invalid` outside [-rank, rank). */
export function normalAxis(where: string, axis: number, rank: number): number {
  if (axis < -rank || axis >= rank) {
    fail({ code: 'model-invalid', where, expected: `an axis in [${-rank}, ${rank - 1}]`, got: `${axis}` });
  }
  return axis < 0 ? axis + rank : axis;
}

export function callOf(node: Node, context: CallContext): Call {
  return new NodeCall(node, context);
}

/** A class, because one is made for every node that is run, and closures take ten times as long. */
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

/** Returns input `i`. Throws `shape-mismatch` unless it holds one number for each channel. */
export function channelInput(call: Call, i: number, channels: number): Float64Array {
  const { data, dims } = call.input(i);
  if (data.length !== channels) {
    call.refuse('shape-mismatch', `input ${i} of ${channels} channels`, `[${dims}]`);
  }
  return data;
}

/** Returns the entry of a table for the value of a string attribute. Throws `model-unsupported` if there is none. */
export function choice<T>(
  call: Call,
  table: Readonly<Record<string, T>>,
  [attribute, value]: readonly [name: string, value: string],
): T {
  return Object.hasOwn(table, value)
    ? ownOf(table, value)
    : call.refuse('model-unsupported', `${attribute} one of ${Object.keys(table).join(', ')}`, value);
}
