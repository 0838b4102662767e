import { type ErrorCode, fail } from '@onnxplain/core';
import { attributesOf, type NodeAttributes } from '../attributes.js';
import { describe } from '../scope.js';
import type { Graph, Node } from '../types.js';
import type { NumArray } from './array.js';

/** What a row sees of a node: its input values, its attributes, and where to point when something is wrong. */
export interface Call extends NodeAttributes {
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

export function callOf(node: Node, { inputs, run }: CallContext): Call {
  const where = describe(node);
  const attributes = attributesOf(node);
  const refuse: Call['refuse'] = (code, expected, got) => fail({ code, where, expected, got });
  const missing = (name: string) => refuse('model-invalid', `attribute "${name}"`, 'none');
  return {
    ...attributes,
    where,
    inputs,
    outputs: node.outputs.length,
    input: (i) => inputs[i] ?? refuse('model-invalid', `input ${i}`, 'none'),
    has: (name) => name in node.attributes,
    requiredInt: (name) => (name in node.attributes ? attributes.int(name, 0) : missing(name)),
    flag: (name) => attributes.int(name, 0) === 1,
    axis: (name, fallback, rank) => normalAxis(where, attributes.int(name, fallback), rank),
    body(name) {
      const graph = attributes.graph(name) ?? missing(name);
      return { graph, run: (values) => run(graph, values) };
    },
    refuse,
  };
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
